import type { PublishedPort, RefusedPort } from "@boot2docker/protocol";
import { beforeEach, describe, expect, it } from "vitest";
import { PublishedPorts } from "./published-ports.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
const dir = "/run/guest-init/ports";
const chain = "run /usr/sbin/iptables-restore -w 10 -n";

let system: FakeSystem;
let told: PublishedPort[][];
let takenPorts: Set<number>;
let ports: PublishedPorts;

const begin = (on: FakeSystem): PublishedPorts =>
  new PublishedPorts({
    system: on,
    tell: async (all) => {
      told.push(all);
      return all.filter(({ hostPort }) => takenPorts.has(hostPort)).map(refuse);
    },
    report: () => undefined,
  });

const refuse = ({ protocol, hostAddress, hostPort }: PublishedPort): RefusedPort => ({
  protocol,
  hostAddress,
  hostPort,
  reason: { code: "port-taken", message: `${hostPort} is taken` },
});

beforeEach(async () => {
  system = new FakeSystem();
  told = [];
  takenPorts = new Set();
  ports = begin(system);
  await ports.open(never);
});

const argumentsOf = (hostAddress: string, hostPort: number, container = "172.17.0.2", protocol = "tcp"): string =>
  `-proto ${protocol} -host-ip ${hostAddress} -host-port ${hostPort} -container-ip ${container} -container-port 80`;

async function ask(pid: number, options: string): Promise<void> {
  for (const pipe of ["answer", "lease"]) system.content.set(`${dir}/${pid}.${pipe}`, "");
  system.pipeReaders.get(`${dir}/requests`)?.(`${pid} ${options}`);
  await system.clock.advance(0);
}

const told80 = (): string[] => (told.at(-1) ?? []).map(({ hostAddress, hostPort }) => `${hostAddress} ${hostPort}`);
const saidTo = (pid: number): string[] => system.history.filter((line) => line.startsWith(`tell ${dir}/${pid}.answer`));

describe("a port that a container publishes", () => {
  it("is the host's before the container starts, with clients waiting for its server", async () => {
    await ask(7, argumentsOf("0.0.0.0", 8080));
    expect(told.at(-1)).toEqual([
      {
        protocol: "tcp",
        hostAddress: "0.0.0.0",
        hostPort: 8080,
        guestPort: 61000,
        containerAddress: "172.17.0.2",
        containerPort: 80,
      },
    ]);
    expect(system.history).toContain("gate 61000 to 172.17.0.2:80");
    expect(saidTo(7)).toEqual([`tell ${dir}/7.answer yes`]);
    expect(system.history).not.toContain(chain);
  });

  it("is the kernel's to carry once the server has answered, and the gate is shut after that", async () => {
    await ask(7, argumentsOf("0.0.0.0", 8080));
    system.gates.get(61000)?.answer();
    await system.clock.advance(20_000);
    const history = system.history.filter((line) => line === chain || line.startsWith("gate"));
    expect(history).toEqual(["gate 61000 to 172.17.0.2:80", chain, "gate 61000 shut", "gate 61000 sends away"]);
  });

  it("is the kernel's after a while, whatever the server does", async () => {
    await ask(7, argumentsOf("0.0.0.0", 8080));
    await system.clock.advance(14_900);
    expect(system.history).not.toContain(chain);
    await system.clock.advance(200);
    expect(system.history).toContain(chain);
  });

  it("of UDP is the kernel's at once", async () => {
    await ask(7, argumentsOf("0.0.0.0", 53, "172.17.0.2", "udp"));
    expect(system.history).toContain(chain);
    expect(system.gates.size).toBe(0);
  });

  it("has one way through the guest, by whichever addresses of the host it is reached", async () => {
    await ask(7, argumentsOf("0.0.0.0", 8080));
    await ask(8, argumentsOf("::", 8080));
    expect(new Set(told.at(-1)?.map(({ guestPort }) => guestPort))).toEqual(new Set([61000]));
    expect(system.gates.size).toBe(1);
  });

  it("gets another way when somebody has this one", async () => {
    system.listening.add("61000").add("61001");
    await ask(7, argumentsOf("0.0.0.0", 61000));
    expect(told.at(-1)).toMatchObject([{ guestPort: 61002 }]);
  });

  it("of a container without IPv4 stays at its gate: the kernel can't lead there", async () => {
    await ask(7, argumentsOf("::1", 8080, "fd00::2"));
    system.gates.get(61000)?.answer();
    await system.clock.advance(20_000);
    expect(system.history).not.toContain(chain);
    expect(system.history).not.toContain("gate 61000 shut");
    expect(system.history).toContain("gate 61000 sends away");
  });

  it("of UDP of such a container is not carried, and not told", async () => {
    await ask(7, argumentsOf("::1", 53, "fd00::2", "udp"));
    expect(saidTo(7)).toEqual([`tell ${dir}/7.answer yes`]);
    expect(told80()).toEqual([]);
  });

  it("is not led to by a way that another has just had", async () => {
    await ask(7, argumentsOf("0.0.0.0", 8080));
    system.leases.get(`${dir}/7.lease`)?.();
    await ask(8, argumentsOf("0.0.0.0", 8081, "172.17.0.3"));
    expect(told.at(-1)).toMatchObject([{ hostPort: 8081, guestPort: 61001 }]);
  });

  it("goes when its docker-proxy does", async () => {
    await ask(7, argumentsOf("0.0.0.0", 8080));
    system.gates.get(61000)?.answer();
    await system.clock.advance(0);
    system.leases.get(`${dir}/7.lease`)?.();
    await system.clock.advance(0);
    expect(told80()).toEqual([]);
    expect(system.history.filter((line) => line === chain)).toHaveLength(2);
    expect(system.history).toContain("gate 61000 ends");
  });

  it("that the host can't have keeps its container from starting, with the host's words", async () => {
    takenPorts.add(8080);
    await ask(7, argumentsOf("0.0.0.0", 8080));
    expect(saidTo(7)).toEqual([`tell ${dir}/7.answer no 8080 is taken`]);
    expect(told80()).toEqual([]);
  });

  it("passes to the next container although the last one's docker-proxy still ends", async () => {
    await ask(7, argumentsOf("0.0.0.0", 8080));
    await ask(8, argumentsOf("0.0.0.0", 8080, "172.17.0.3"));
    system.leases.get(`${dir}/7.lease`)?.();
    await system.clock.advance(0);
    expect(told.at(-1)).toMatchObject([{ hostPort: 8080, containerAddress: "172.17.0.3" }]);
  });
});

it("what is not carried, and what nobody understands, starts as if we were not there", async () => {
  await ask(7, argumentsOf("0.0.0.0", 8080, "172.17.0.2", "sctp"));
  await ask(8, "nonsense");
  expect([saidTo(7), saidTo(8)]).toEqual([[`tell ${dir}/7.answer yes`], [`tell ${dir}/8.answer yes`]]);
  expect(told80()).toEqual([]);
});

it("a container starts while nobody can be told", async () => {
  ports = new PublishedPorts({
    system,
    tell: () => Promise.reject(new Error("closed")),
    report: () => undefined,
  });
  await ports.open(never);
  await ask(7, argumentsOf("0.0.0.0", 8080));
  expect(saidTo(7)).toEqual([`tell ${dir}/7.answer yes`]);
});

it("the host is told nothing before what there is was read: it would take all away", async () => {
  const next = begin(new FakeSystem());
  told = [];
  await next.announce();
  expect(told).toEqual([]);
});

it("many at once are told with few words, the last of them with all", async () => {
  told = [];
  for (let pid = 100; pid < 200; pid += 1)
    system.pipeReaders.get(`${dir}/requests`)?.(`${pid} ${argumentsOf("0.0.0.0", pid)}`);
  await system.clock.advance(0);
  expect(told.at(-1)).toHaveLength(100);
  expect(told.length).toBeLessThan(10);
});

it("a host that could not be told is told again", async () => {
  let fails = true;
  ports = new PublishedPorts({
    system,
    tell: (all) => {
      if (fails) return Promise.reject(new Error("busy"));
      told.push(all);
      return Promise.resolve([]);
    },
    report: () => undefined,
  });
  await ports.open(never);
  await ask(7, argumentsOf("0.0.0.0", 8080));
  told = [];
  fails = false;
  await system.clock.advance(3_000);
  expect(told80()).toEqual(["0.0.0.0 8080"]);
});

it("another guest-init reads what there is from the processes that hold it, and keeps their ways", async () => {
  system.content.set(`${dir}/7.lease`, "");
  system.content.set("/proc/7/cmdline", `docker-proxy ${argumentsOf("127.0.0.1", 8080)}`.replaceAll(" ", "\0"));
  system.content.set(`${dir}/9.lease`, "");
  system.programs.set("/usr/sbin/iptables -w 10 -t nat -S", {
    code: 0,
    stdout:
      "-N BOOT2DOCKER-PORTS\n-A BOOT2DOCKER-PORTS -p tcp -m tcp --dport 61005 -j DNAT --to-destination 172.17.0.2:80\n",
    stderr: "",
  });
  const next = begin(system);
  await next.open(never);
  expect(next.list()).toMatchObject([{ hostAddress: "127.0.0.1", hostPort: 8080, guestPort: 61005 }]);
  expect(told80()).toEqual(["127.0.0.1 8080"]);
  expect(system.content.has(`${dir}/9.lease`)).toBe(false);
});
