import { type Answer, decode, encode, type RecordType } from "dns-packet";
import { beforeEach, expect, it } from "vitest";
import { NameService } from "./name-service.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const network = {
  mode: "static",
  address: "10.0.2.15/24",
  gateway: "10.0.2.2",
  dns: ["10.0.2.3"],
  hostAddress: "10.0.2.2",
} as const;

let system: FakeSystem;
let host: Map<string, string[]>;
let isHostThere: boolean;
let asked: string[];
let reported: string[];
let names: NameService;
beforeEach(async () => {
  system = new FakeSystem();
  host = new Map();
  isHostThere = true;
  asked = [];
  reported = [];
  // What the network's own server says of everything.
  system.datagrams = (_, query) => reply(query, [{ type: "A", name: "any", data: "192.0.2.99" }]);
  names = new NameService({
    system,
    askHost: async (name) => {
      asked.push(name);
      return isHostThere ? (host.get(name) ?? []) : undefined;
    },
    report: (name, { reason }) => void reported.push(`${name}: ${reason}`),
  });
  await names.serve({ ...network, dns: [...network.dns] });
});

it("answers at an address of the guest's own, once", async () => {
  await names.serve({ ...network, dns: [] });
  expect(system.history).toEqual(["names served at 169.254.53.53"]);
});

it("knows the host by Docker's names, which have no other family", async () => {
  expect(await resolve("HOST.docker.internal", "A")).toEqual(["10.0.2.2"]);
  expect(await resolve("gateway.docker.internal", "A")).toEqual(["10.0.2.2"]);
  expect(await resolve("host.docker.internal", "AAAA")).toEqual([]);
  expect(asked).toEqual([]);
});

it("asks the host for addresses, once for both families", async () => {
  host.set("intranet.corp", ["10.1.1.1", "2001:db8::1"]);
  expect(await resolve("intranet.corp", "A")).toEqual(["10.1.1.1"]);
  expect(await resolve("intranet.corp", "AAAA")).toEqual(["2001:db8::1"]);
  expect(asked).toEqual(["intranet.corp"]);
});

it("a name that the host has in one family only exists in the other, too", async () => {
  host.set("v4.corp", ["10.1.1.1"]);
  const response = decode(await ask("v4.corp", "AAAA"));
  expect(response).toMatchObject({ rcode: "NOERROR", answers: [] });
});

it("an answer of the host is not kept for long", async () => {
  host.set("moving.corp", ["10.1.1.1"]);
  await resolve("moving.corp", "A");
  host.set("moving.corp", ["10.1.1.2"]);
  expect(await resolve("moving.corp", "A")).toEqual(["10.1.1.1"]);
  await system.clock.advance(5_000);
  expect(await resolve("moving.corp", "A")).toEqual(["10.1.1.2"]);
});

it("what the host does not know, and what is no address, is the network's to answer", async () => {
  expect(await resolve("example.com", "A")).toEqual(["192.0.2.99"]);
  expect(await resolve("example.com", "MX")).toEqual(["192.0.2.99"]);
  expect(asked).toEqual(["example.com"]);
});

it("while the host is away the network's server is asked", async () => {
  isHostThere = false;
  expect(await resolve("example.com", "A")).toEqual(["192.0.2.99"]);
});

it("a host that could not say what it knows is asked again, and nobody else is asked in its place", async () => {
  let isBroken = true;
  names = nameService(async () => {
    if (isBroken) throw new Error("the session ended");
    return ["10.1.1.1"];
  });
  expect(decode(await ask("intranet.corp", "A"))).toMatchObject({ rcode: "SERVFAIL" });
  isBroken = false;
  expect(await resolve("intranet.corp", "A")).toEqual(["10.1.1.1"]);
});

it("each system's loopback is its own", async () => {
  host.set("app.localhost", ["127.0.0.1"]);
  await resolve("app.localhost", "A");
  expect(asked).toEqual([]);
});

it("a network without an answer is a failure of the server, and news once", async () => {
  system.datagrams = () => {
    throw new Error("no route");
  };
  for (const name of ["a.example", "b.example"]) {
    expect(decode(await ask(name, "A"))).toMatchObject({ rcode: "SERVFAIL" });
  }
  expect(reported).toEqual(["names.not-resolved: no route"]);
});

it("a flood of names leaves the host its session, and each is answered in its turn", async () => {
  const open: PromiseWithResolvers<string[]>[] = [];
  names = nameService(async () => {
    const one = Promise.withResolvers<string[]>();
    open.push(one);
    return one.promise;
  });
  const answers = Array.from({ length: 40 }, (_, index) => resolve(`n${index}.example`, "A"));
  for (let answered = 0; answered < 40; answered += 1) {
    await expect.poll(() => open.length).toBe(Math.min(40, answered + 16));
    open[answered]?.resolve([`10.0.0.${answered}`]);
  }
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 40 }, (_, index) => [`10.0.0.${index}`]));
});

it("one client does not take the answers of another", async () => {
  names = nameService(() => new Promise(() => undefined));
  const query = (index: number) =>
    encode({ type: "query", id: index, questions: [{ type: "A", name: `n${index}.example` }] });
  for (let index = 0; index < 64; index += 1)
    void names.answer(query(index), { protocol: "udp", client: "172.17.0.2" });
  expect(await names.answer(query(64), { protocol: "udp", client: "172.17.0.2" })).toBeUndefined();
  expect(await ask("host.docker.internal", "A")).toBeDefined();
});

it.each([
  ["nothing", new Uint8Array()],
  ["half a header", new Uint8Array(7)],
  ["no question", encode({ type: "query", id: 1, questions: [] })],
  ["an answer", encode({ type: "response", id: 1, questions: [{ type: "A", name: "a.example" }] })],
  [
    "many questions",
    encode({
      type: "query",
      id: 1,
      questions: Array.from({ length: 9 }, () => ({ type: "A" as const, name: "a.example" })),
    }),
  ],
  [
    "a question that is too long",
    Buffer.concat([
      encode({ type: "query", id: 1, questions: [{ type: "A", name: "a.example" }] }),
      Buffer.alloc(1024),
    ]),
  ],
  ["a name that is no text", Buffer.from(`00010100000100000000000001ff0000010001`, "hex")],
  ["a name that points at itself", Buffer.from("000101000001000000000000c00c00010001", "hex")],
])("is silent to %s", async (_, query) => {
  expect(await names.answer(query, { protocol: "udp", client: "172.17.0.9" })).toBeUndefined();
});

it("an answer fits what every client takes; what does not is asked over TCP", async () => {
  const many = Array.from({ length: 16 }, (_, index) => `2001:db8::${index + 1}`);
  const label = "a".repeat(63);
  const longest = [label, label, label, "b".repeat(61)].join(".");
  host.set(label, many).set(longest, many);
  const some = await ask(label, "AAAA");
  expect(some.length).toBeLessThanOrEqual(512);
  expect(decode(some)).toMatchObject({ flag_tc: false, answers: { length: 4 } });
  expect(decode(await ask(longest, "AAAA"))).toMatchObject({ flag_tc: true, answers: [] });
  expect(decode(await ask(longest, "AAAA", "tcp"))).toMatchObject({ flag_tc: false, answers: { length: 16 } });
});

function nameService(askHost: (name: string) => Promise<string[]>): NameService {
  const service = new NameService({ system, askHost, report: () => undefined });
  void service.serve({ ...network, dns: [...network.dns] });
  return service;
}

async function resolve(name: string, type: RecordType): Promise<unknown[]> {
  return (decode(await ask(name, type)).answers ?? []).map((answer) => ("data" in answer ? answer.data : undefined));
}

async function ask(name: string, type: RecordType, protocol: "udp" | "tcp" = "udp"): Promise<Buffer> {
  const query = encode({ type: "query", id: 7, flags: 0x100, questions: [{ type, name }] });
  const response = await names.answer(query, { protocol, client: "172.17.0.9" });
  expect(response).toBeDefined();
  return Buffer.from(response ?? []);
}

function reply(query: Uint8Array, answers: Answer[]): Uint8Array {
  const { id, questions } = decode(Buffer.from(query));
  return encode({ type: "response", ...(id !== undefined && { id }), ...(questions && { questions }), answers });
}
