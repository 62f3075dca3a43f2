import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostOf } from "../harness/agent.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { must, run } from "../harness/run.ts";

/** Clients of a user who has set nothing find the machine, and leave no trace when it goes. */
let box: Sandbox;
let socket: string;
beforeAll(async () => {
  box = await makeSandbox();
  socket = hostOf(box).dir.dockerSocket;
  // As a client leaves its settings, with what must not be lost.
  writeFileSync(join(box.root, ".docker", "config.json"), JSON.stringify({ auths: { "registry.test": {} } }));
  await box.ok("up");
});
afterAll(async () => box[Symbol.asyncDispose]());

const docker = (...args: string[]) => must(box.dockerClient, args, { env: box.env });
/** Its images are not to be had here. And where the tests themselves run in a container it takes this for a guest of the engine. */
const ofThisPlace = {
  TESTCONTAINERS_RYUK_DISABLED: "true",
  ...(existsSync("/.dockerenv") ? { TESTCONTAINERS_HOST_OVERRIDE: "localhost" } : {}),
};
const probe = (name: string) =>
  must(process.execPath, [join(import.meta.dirname, "..", "harness", name)], { env: { ...box.env, ...ofThisPlace } });
const clientSettings = () =>
  JSON.parse(readFileSync(join(box.root, ".docker", "config.json"), "utf8")) as Record<string, unknown>;

test("the docker client uses the machine's context, and input that ends is an end in the container", async () => {
  expect(await docker("context", "inspect", "--format", "{{.Name}} {{.Endpoints.docker.Host}}")).toBe(
    `boot2docker unix://${socket}`,
  );
  const ran = await run(box.dockerClient, ["run", "--rm", "-i", "boot2docker/busybox", "wc", "-c"], {
    env: box.env,
    input: "x".repeat(100_000),
  });
  expect(ran.stdout.trim()).toBe("100000");
  expect(clientSettings()).toEqual({ auths: { "registry.test": {} }, currentContext: "boot2docker" });
});

test("the sockets are this user's alone", () => {
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  expect(readlinkSync(join(box.root, ".docker", "run", "docker.sock"))).toBe(socket);
});

test("dockerode finds it", async () => {
  expect(await probe("dockerode-probe.ts")).toBe("from dockerode");
});

test("testcontainers finds it", async () => {
  expect(await probe("testcontainers-probe.ts")).toBe("from testcontainers");
});

test("Compose brings up a project whose ports answer, and takes them down", async () => {
  const folder = join(box.root, "project");
  mkdirSync(folder);
  const service = (name: string, port: number) => ({
    image: "boot2docker/busybox",
    command: ["sh", "-c", `echo ${name} >/tmp/index.html; exec httpd -f -p 80 -h /tmp`],
    ports: [`127.0.0.1:${port}:80`],
  });
  // YAML holds JSON.
  writeFileSync(
    join(folder, "compose.yaml"),
    JSON.stringify({ services: { one: service("one", 8071), two: service("two", 8072) } }),
  );
  const compose = (...args: string[]) => must(box.dockerClient, ["compose", ...args], { env: box.env, cwd: folder });
  await compose("up", "-d");
  const pages = [8071, 8072].map((port) => fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text()));
  expect(await Promise.all(pages)).toEqual(["one\n", "two\n"]);
  await compose("down", "-t", "0");
  await expect(fetch("http://127.0.0.1:8071/")).rejects.toThrow();
});

test("buildx builds through the socket", async () => {
  const folder = join(box.root, "build");
  mkdirSync(folder);
  writeFileSync(join(folder, "Dockerfile"), "FROM boot2docker/busybox\nRUN echo built >/built\n");
  await docker("buildx", "build", "-q", "-t", "built", folder);
  expect(await docker("run", "--rm", "built", "cat", "/built")).toBe("built");
});

test("a VM that stood still: the first answer after it has the right time", async () => {
  const monitor = hostOf(box).dir.commandMonitor;
  await tellQemu(monitor, "stop");
  const asked = docker("run", "--rm", "boot2docker/busybox", "date", "+%s");
  await delay(20_000);
  await tellQemu(monitor, "cont");
  const said = Number(await asked);
  expect(Math.abs(Date.now() / 1000 - said)).toBeLessThan(10);
});

test("a context of somebody else stays theirs, and the machine comes up all the same", async () => {
  await docker("context", "use", "default");
  await box.ok("context", "remove");
  await docker("context", "create", "boot2docker", "--docker", "host=tcp://192.0.2.1:2375");
  const again = await box.cli("up");
  expect(again.code).toBe(0);
  expect(again.stderr).toContain("there is a docker context boot2docker that is not of this machine");
  expect(await docker("context", "inspect", "boot2docker", "--format", "{{.Endpoints.docker.Host}}")).toBe(
    "tcp://192.0.2.1:2375",
  );
  await docker("context", "rm", "boot2docker");
  await box.ok("up");
  expect(await docker("--context", "boot2docker", "version", "--format", "{{.Server.Os}}")).toBe("linux");
});

test("delete removes context, choice and link", async () => {
  await box.ok("context", "use");
  await box.ok("delete", "--yes", "boot2docker");
  expect(clientSettings()).toEqual({ auths: { "registry.test": {} } });
  expect(await docker("context", "ls", "--format", "{{.Name}}")).toBe("default");
  expect(lstatSync(join(box.root, ".docker", "run", "docker.sock"), { throwIfNoEntry: false })).toBeUndefined();
  expect(existsSync(socket)).toBe(false);
});

/** One command to the monitor that commands use. */
async function tellQemu(path: string, command: string): Promise<void> {
  const { host } = hostOf(box);
  const { connectQmp } = await import("@boot2docker/host-cli/src/driver/qmp.ts");
  const signal = AbortSignal.timeout(30_000);
  const qmp = await connectQmp(await host.network.connectUnix(path, signal), host.clock, signal);
  await qmp.execute(command, {}, signal);
  await qmp.close();
}
