import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { generateKeyPairSync } from "node:crypto";
import { type AddressInfo, createServer, type Server } from "node:net";
import { issueServerCertificate, makeCa } from "@boot2docker/host-cli/src/tls/certificates.ts";
import { decode, encode, streamDecode, streamEncode, type Packet } from "dns-packet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askAgent } from "../harness/agent.ts";
import { mustOnHost } from "../harness/host-of-its-own.ts";
import { cliFile, makeSandbox, type Sandbox } from "../harness/machine.ts";

/**
 * What the guest and its containers know of the host, on a host whose hosts file, name server, authorities and proxy are the
 * test's own.
 */
let box: Sandbox;
let env: Record<string, string>;
/** On the host's loopback. */
let webPort: number;
let registryPort: number;
/** What the proxy was asked for, and the registry. */
const connected: string[] = [];
const requested: string[] = [];
const servers: { close: () => unknown }[] = [];

beforeAll(async () => {
  box = await makeSandbox();
  webPort = await listen(createHttpServer(say("the host's own web")));
  const ca = await makeCa(new Date(), "0badcafe");
  registryPort = await listen(await registry(ca));
  const proxy = createHttpServer();
  proxy.on("connect", ({ url }, socket) => {
    connected.push(url ?? "");
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  const proxyPort = await listen(proxy);
  await serveNames("127.0.0.77");
  const host = {
    hosts: "127.0.0.1 localhost\n127.0.0.1 registry.corp web.corp\n192.0.2.7 printer.corp\n2001:db8::7 six.corp\n",
    resolvConf: "nameserver 127.0.0.77\n",
    authorities: { "corporate.crt": ca.certificatePem },
  };
  const proxies = { https_proxy: `http://127.0.0.1:${proxyPort}`, NO_PROXY: "registry.corp" };
  await mustOnHost(box.root, host, [process.execPath, cliFile, "up"], { ...box.env, ...proxies });
  env = await box.dockerEnv();
});
afterAll(async () => {
  for (const server of servers) server.close();
  await box[Symbol.asyncDispose]();
});

const image = "boot2docker/busybox";
const docker = (...args: string[]) => box.docker(args, { env });
const dockerOk = (...args: string[]) => box.dockerOk(args, { env });
const inContainer = (command: string, ...options: string[]) =>
  dockerOk("run", "--rm", ...options, image, "sh", "-c", command);
/** Addresses and texts that a name has for a container. */
const lookUp = async (name: string, type = "a"): Promise<string[]> => {
  const { stdout } = await docker("run", "--rm", image, "nslookup", `-type=${type}`, name);
  // The server's own address stands behind a tab.
  return [...stdout.matchAll(/^(?:Address: |.*text = ")([^"\n]+)/gm)].map(([, value]) => value ?? "");
};

test.each([
  ["the usual network", []],
  ["a network of its own", ["--network", "own"]],
  ["the machine's network", ["--network", "host"]],
])("a container in %s reaches what listens on the host's loopback, without a flag", async (_, options) => {
  if (options.includes("own")) await dockerOk("network", "create", "own");
  const said = await inContainer(`wget -qO- http://host.docker.internal:${webPort}`, ...options);
  expect(said).toBe("the host's own web");
});

test("host-gateway, as compose files for Linux have it, is the host", async () => {
  const said = await inContainer(`wget -qO- http://there:${webPort}`, "--add-host", "there:host-gateway");
  expect(said).toBe("the host's own web");
});

test("the machine itself knows the host by that name", async () => {
  expect(await box.ok("ssh", `wget -qO- http://host.docker.internal:${webPort}`)).toBe("the host's own web");
});

test("names mean what they mean on the host: those of its hosts file, and this host by its own names", async () => {
  expect(await lookUp("printer.corp")).toEqual(["192.0.2.7"]);
  expect(await lookUp("six.corp", "aaaa")).toEqual(["2001:db8::7"]);
  expect(await inContainer(`wget -qO- http://web.corp:${webPort}`)).toBe("the host's own web");
});

test("other names and other records are the host's name server's to answer, over TCP too", async () => {
  expect(await lookUp("a.example")).toEqual(["192.0.2.53"]);
  expect(await lookUp("a.example", "txt")).toEqual(["over udp"]);
  const query = streamEncode({ type: "query", id: 7, questions: [{ type: "TXT", name: "large.example" }] });
  const escaped = [...query].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  const answered = await inContainer(`printf '${escaped}' | nc -w 5 169.254.53.53 53 | base64`);
  expect(streamDecode(Buffer.from(answered, "base64"))).toMatchObject({
    id: 7,
    answers: [{ data: [Buffer.from("over tcp")] }],
  });
  expect((await docker("run", "--rm", image, "nslookup", "absent.example")).stdout).toContain("NXDOMAIN");
});

test("the engine trusts the authorities that the host was told to trust", async () => {
  const { stderr } = await docker("pull", `registry.corp:${registryPort}/app`);
  expect(stderr).toContain("not known here");
  expect(requested).toContain("/v2/app/manifests/latest");
});

test("the engine goes out by the host's proxy, also by one on the host's loopback", async () => {
  expect((await docker("pull", "elsewhere.example/app")).code).not.toBe(0);
  expect(connected).toContain("elsewhere.example:443");
  expect(connected.join()).not.toContain("registry.corp");
  expect(await dockerOk("info", "--format", "{{.HTTPSProxy}} {{.NoProxy}}")).toMatch(
    /^http:\/\/host\.docker\.internal:\d+ registry\.corp,host\.docker\.internal$/,
  );
});

test("without its agent the host keeps its name, and names are still answered", async () => {
  process.kill((await askAgent(box, "agent.status", {})).pid, "SIGKILL");
  const said = await inContainer(`nslookup a.example; wget -qO- http://host.docker.internal:${webPort}`);
  expect(said).toContain("192.0.2.53");
  expect(said).toContain("the host's own web");
});

test("a guest-init that is killed while the agent is away goes on by what the host said last", async () => {
  await box.ok("ssh", "sudo sh -c '(sleep 2; kill -9 $(cat /run/guest-init/pid)) >/dev/null 2>&1 &'");
  process.kill((await askAgent(box, "agent.status", {})).pid, "SIGKILL");
  const inGuest = ["run", "--rm", "--network", "host", "--pid", "host", "--privileged", "-v", "/:/guest", image];
  const count = async (): Promise<string> =>
    (await docker(...inGuest, "grep", "-c", "guest.restarted", `/guest${log}`)).stdout;
  const log = "/var/lib/boot2docker/log/guest-init.log";
  await expect.poll(count, { timeout: 60_000 }).toBe("1\n");
  await expect.poll(() => lookUp("a.example"), { timeout: 60_000 }).toEqual(["192.0.2.53"]);
  expect(await dockerOk(...inGuest, "cat", "/guest/home/docker/.ssh/authorized_keys")).toMatch(/^ssh-ed25519 /);
});

const say =
  (text: string): RequestListener =>
  (_, response) =>
    void response.end(text);

async function registry(ca: Awaited<ReturnType<typeof makeCa>>): Promise<Server> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const names = { dns: ["registry.corp"], ip: [] };
  const cert = await issueServerCertificate(ca, publicPem, names, new Date(), "01");
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return createHttpsServer({ cert, key }, ({ url = "" }, response) => {
    requested.push(url);
    const errors = [{ code: "MANIFEST_UNKNOWN", message: "not known here" }];
    response.writeHead(url === "/v2/" ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify({ errors }));
  });
}

async function listen(server: Server, port = 0, address = "127.0.0.1"): Promise<number> {
  servers.push(server);
  server.listen(port, address);
  await once(server, "listening");
  return (server.address() as AddressInfo).port; // Of TCP.
}

/** The host's name server: it knows all of `example` but one name. */
async function serveNames(address: string): Promise<void> {
  const answer = ({ id = 0, questions = [] }: Packet, protocol: string): Packet => {
    const [{ name, type } = { name: "", type: "A" as const }] = questions;
    const response = { type: "response" as const, id, questions };
    if (!name.endsWith(".example") || name.startsWith("absent")) return { ...response, flags: 3 };
    if (name.startsWith("large") && protocol === "udp") return { ...response, flags: 0x200 };
    if (type === "A") return { ...response, answers: [{ type, name, data: "192.0.2.53" }] };
    if (type === "TXT") return { ...response, answers: [{ type, name, data: `over ${protocol}` }] };
    return response;
  };
  const socket = createSocket("udp4");
  servers.push(socket);
  socket.on("message", (query, { port, address: client }) => {
    socket.send(encode(answer(decode(query), "udp")), port, client);
  });
  socket.bind(53, address);
  await once(socket, "listening");
  const server = createServer((connection) => {
    connection.on("error", () => undefined);
    connection.on("data", (query) => {
      connection.write(streamEncode(answer(streamDecode(query), "tcp")));
    });
  });
  await listen(server, 53, address);
}
