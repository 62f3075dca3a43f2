import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { askAgent } from "../harness/agent.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { importProgram } from "../harness/program-image.ts";

/** Ports of containers on the host, with the real docker client. */
let box: Sandbox;
let env: Record<string, string>;
beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up");
  env = await box.dockerEnv();
  await importProgram(box.dockerClient, process.execPath, "node", { env });
});
afterEach(async () => {
  const all = await dockerOk("ps", "-aq");
  if (all !== "") await remove(...all.split("\n"));
});
afterAll(async () => box[Symbol.asyncDispose]());

const docker = (...args: string[]) => box.docker(args, { env });
const dockerOk = (...args: string[]) => box.dockerOk(args, { env });
const image = "boot2docker/busybox";
/** The page is the container's own host name. */
const server = ["sh", "-c", "hostname >/tmp/index.html; exec httpd -f -p 80 -h /tmp"];
const serve = (name: string, ...options: string[]) =>
  dockerOk("run", "-d", "--name", name, "--hostname", name, ...options, image, ...server);
const remove = (...names: string[]) => dockerOk("rm", "-f", ...names);

/** One HTTP request, without any further attempt; what came, or the code of the error. */
async function get(host: string, port: number): Promise<string> {
  const socket = connect({ host, port });
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  try {
    await once(socket, "connect");
    socket.write("GET / HTTP/1.0\r\n\r\n");
    await once(socket, "close");
    return text.split("\r\n\r\n")[1]?.trim() ?? "";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  } finally {
    socket.destroy();
  }
}

/** One datagram, and what comes back; undefined when that takes too long. */
async function echo(address: string, port: number, text: string): Promise<string | undefined> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  try {
    const answered = once(socket, "message", { signal: AbortSignal.timeout(5_000) });
    socket.send(text, port, address);
    const [message] = (await answered) as [Buffer];
    return message.toString();
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

test("a port is answered on both loopbacks once docker run has returned, and gone with its container", async () => {
  for (let round = 0; round < 10; round += 1) {
    const name = `web${round}`;
    await serve(name, "-p", "8080:80");
    expect([await get("127.0.0.1", 8080), await get("::1", 8080)]).toEqual([name, name]);
    await remove(name);
    expect([await get("127.0.0.1", 8080), await get("::1", 8080)]).toEqual(["ECONNREFUSED", "ECONNREFUSED"]);
  }
});

test("an address that is given is the one that answers", async () => {
  await serve("addresses", "-p", "127.0.0.1:8081:80", "-p", "[::1]:8082:80", "-p", "127.0.0.2:8083:80");
  const answers = async (port: number) => [
    await get("127.0.0.1", port),
    await get("::1", port),
    await get("127.0.0.2", port),
  ];
  expect(await answers(8081)).toEqual(["addresses", "ECONNREFUSED", "ECONNREFUSED"]);
  expect(await answers(8082)).toEqual(["ECONNREFUSED", "addresses", "ECONNREFUSED"]);
  expect(await answers(8083)).toEqual(["ECONNREFUSED", "ECONNREFUSED", "addresses"]);
});

test("ranges, and ports that Docker chooses, of the machine's own thousand", async () => {
  await serve("many", "-p", "8084-8086:80-82", "-P", "--expose", "80");
  expect(await get("127.0.0.1", 8084)).toBe("many");
  const { dynamicPorts } = JSON.parse(await box.ok("status", "--json")) as {
    dynamicPorts: { first: number; last: number };
  };
  await serve("chosen", "-P", "--expose", "80");
  const port = Number(/:(\d+)$/m.exec(await dockerOk("port", "chosen", "80"))?.[1]);
  expect(port).toBeGreaterThanOrEqual(dynamicPorts.first);
  expect(port).toBeLessThanOrEqual(dynamicPorts.last);
  expect([await get("127.0.0.1", port), await get("::1", port)]).toEqual(["chosen", "chosen"]);
});

test("UDP, in both families, for several clients at a time", async () => {
  const program = `
    const socket = require("dgram").createSocket("udp4", (message, { port, address }) => socket.send(message, port, address));
    socket.bind(53);`;
  await dockerOk("run", "-d", "--name", "udp", "-p", "8087:53/udp", "node", "-e", program);
  await expect.poll(() => echo("127.0.0.1", 8087, "ready?"), { timeout: 30_000 }).toBe("ready?");
  const said = Array.from({ length: 6 }, (_, index) => `datagram ${index}`);
  const heard = await Promise.all(said.map((text, index) => echo(index % 2 === 0 ? "127.0.0.1" : "::1", 8087, text)));
  expect(heard).toEqual(said);
});

test("a port of the loopback alone is not to be reached by other containers past that", async () => {
  await dockerOk("network", "create", "apart");
  await serve("inner", "--network", "apart", "-p", "127.0.0.1:8089:80");
  expect(await get("127.0.0.1", 8089)).toBe("inner");
  const { ports } = await askAgent(box, "ports.list", {});
  const guestPort = String(ports.find(({ hostPort }) => hostPort === 8089)?.guestPort);
  for (const address of ["10.0.2.15", "172.17.0.1"]) {
    const ran = await docker(
      "run",
      "--rm",
      image,
      "wget",
      "-q",
      "-T",
      "5",
      "-O",
      "-",
      `http://${address}:${guestPort}/`,
    );
    expect(ran.stdout).toBe("");
    expect(ran.code).not.toBe(0);
  }
  await remove("inner");
  await dockerOk("network", "rm", "apart");
});

describe("a port of the host that somebody has", () => {
  test("keeps the container from starting, and says who has it", async () => {
    const stranger = createServer().listen(8090, "127.0.0.1");
    await once(stranger, "listening");
    const ran = await docker("run", "-d", "--name", "late", "--hostname", "late", "-p", "8090:80", image, ...server);
    expect(ran.code).toBe(125);
    expect(ran.stderr).toMatch(/listen tcp 127\.0\.0\.1:8090: address already in use: \S+ \(process \d+\) has it/);
    expect(await dockerOk("ps", "-q", "--filter", "name=late")).toBe("");
    stranger.close();
    await dockerOk("start", "late");
    expect(await get("127.0.0.1", 8090)).toBe("late");
  });

  test("an address that is none of the host's is refused with that reason", async () => {
    const ran = await docker("run", "--rm", "-p", "203.0.113.7:8090:80", image, "true");
    expect(ran.code).toBe(125);
    expect(ran.stderr).toContain("listen tcp 203.0.113.7:8090: cannot assign requested address");
  });
});

test("fifty clients at a time are all answered, also by a server that takes its time to start", async () => {
  const program = 'require("http").createServer((_, answer) => answer.end("here")).listen(80)';
  await dockerOk("run", "-d", "--name", "slow", "-p", "8088:80", "node", "-e", program);
  const answers = await Promise.all(Array.from({ length: 50 }, () => get("127.0.0.1", 8088)));
  expect(new Set(answers)).toEqual(new Set(["here"]));
});

test("a killed host agent: published ports go on, what is published meanwhile is answered when it is back", async () => {
  await serve("before", "-p", "8091:80");
  process.kill((await askAgent(box, "agent.status", {})).pid, "SIGKILL");
  expect(await get("127.0.0.1", 8091)).toBe("before");
  await serve("meanwhile", "-p", "8092:80");
  expect(await get("127.0.0.1", 8092)).toBe("ECONNREFUSED");
  await box.ok("ports");
  await expect.poll(() => get("127.0.0.1", 8092), { timeout: 30_000 }).toBe("meanwhile");
  expect([await get("127.0.0.1", 8091), await get("::1", 8091)]).toEqual(["before", "before"]);
  await remove("before", "meanwhile");
  expect([await get("127.0.0.1", 8091), await get("127.0.0.1", 8092)]).toEqual(["ECONNREFUSED", "ECONNREFUSED"]);
});

test("a killed guest-init: ports of containers that run go on, and new ones come", async () => {
  await serve("old", "-p", "8093:80");
  expect(await get("127.0.0.1", 8093)).toBe("old");
  const first = await box.ok("ssh", "cat /run/guest-init/pid");
  await box.ok("ssh", `sudo kill -9 ${first}`);
  expect(await get("127.0.0.1", 8093)).toBe("old");
  await expect
    .poll(async () => (await box.cli("ssh", "cat /run/guest-init/pid")).stdout.trim(), { timeout: 60_000 })
    .not.toBe(first);
  await expect.poll(async () => (await box.cli("status")).stdout, { timeout: 60_000 }).toBe("running\n");
  expect([await get("127.0.0.1", 8093), await get("::1", 8093)]).toEqual(["old", "old"]);
  expect(await box.ok("ports")).toContain("127.0.0.1:8093  tcp  old:80");
  await serve("new", "-p", "8094:80");
  expect(await get("127.0.0.1", 8094)).toBe("new");
  await remove("old", "new");
  expect(await get("127.0.0.1", 8093)).toBe("ECONNREFUSED");
});

test("a killed carrier of ports: another one carries them", async () => {
  await serve("carried", "-p", "8095:80");
  const carrier = execFileSync("pgrep", ["-f", `ControlPath=${box.root}`], { encoding: "utf8" }).trim();
  process.kill(Number(carrier), "SIGKILL");
  await expect.poll(() => get("127.0.0.1", 8095), { timeout: 60_000, interval: 500 }).toBe("carried");
});

test("`ports` lists them, and explains one", async () => {
  await serve("listed", "-p", "8096:80", "-p", "127.0.0.1:8097:81/udp");
  expect((await box.ok("ports")).split("\n")).toEqual([
    "127.0.0.1:8096  tcp  listed:80",
    "[::1]:8096      tcp  listed:80",
    "127.0.0.1:8097  udp  listed:81",
  ]);
  expect(await box.ok("ports", "--why", "8096")).toContain(
    "tcp 0.0.0.0:8096 of listed:80 is answered on 127.0.0.1:8096",
  );
  const other = await box.cli("ports", "--why", "81");
  expect(other.code).toBe(1);
  expect(other.stdout).toContain("no container of this machine publishes port 81");
});
