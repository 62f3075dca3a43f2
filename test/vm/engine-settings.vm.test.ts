import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";

/** What is wanted of the engine, from each place where it can be said. */
let box: Sandbox;
const own = "/var/lib/boot2docker";
const inGuest = (command: string) => box.ok("ssh", command);
const info = (format: string) => box.dockerOk(["info", "--format", format]);

async function put(path: string, content: string): Promise<void> {
  const ran = await box.cliWith(content, "ssh", `sudo sh -c 'mkdir -p $(dirname ${path}) && cat > ${path}'`);
  expect(ran.code).toBe(0);
}

beforeAll(async () => {
  box = await makeSandbox();
  await box.ok(
    "up",
    ...["--engine-label", "from=machine", "--engine-registry-mirror", "https://mirror.test"],
    ...["--engine-insecure-registry", "registry.test:5000", "--engine-opt", "mtu=1400", "--engine-env", "A_NAME=value"],
  );
});
afterAll(async () => box[Symbol.asyncDispose]());

test("the machine's own settings are the engine's from its first start on", async () => {
  expect(await box.ok("status")).toBe("running");
  expect(await info("{{json .Labels}}")).toBe('["from=machine"]');
  expect(await info("{{json .RegistryConfig.Mirrors}}")).toBe('["https://mirror.test/"]');
  expect(await info("{{json .RegistryConfig.IndexConfigs}}")).toContain('"registry.test:5000"');
  expect(await box.dockerOk(["network", "inspect", "bridge", "--format", "{{json .Options}}"])).toContain('"1400"');
  expect(await inGuest("sudo cat /proc/$(pidof dockerd)/environ | tr '\\0' '\\n'")).toContain("A_NAME=value");
});

test("a machine of other settings is not what was asked for", async () => {
  const other = await box.cli("up", "--engine-opt", "mtu=1300");
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining("--engine-") as string });
});

test("the profile and the daemon.json of a disk are heard, and what cannot be had is told", async () => {
  await put(
    `${own}/profile`,
    'EXTRA_ARGS="--label from=profile --label by=profile --max-concurrent-downloads 1"\nexport HTTP_PROXY=http://proxy.test:3128\nDOCKER_TLS=no\n',
  );
  await put(
    "/etc/docker/daemon.json",
    '{"labels": ["from=file"], "userns-remap": "default", "log-driver": "local", "storage-driver": "vfs"}',
  );
  await box.ok("restart");
  const { stdout, stderr } = await box.cli("status");
  expect(stdout).toBe("degraded\n");
  expect(stderr).toContain("profile: DOCKER_TLS: the engine is reached with mutual TLS only");
  const labels = JSON.parse(await info("{{json .Labels}}")) as string[];
  expect(labels.toSorted(), "the engine tells them in no order").toEqual(["by=profile", "from=file"]);
  expect(await info("{{.HTTPProxy}} {{.LoggingDriver}} {{.Driver}}")).toBe("http://proxy.test:3128 local vfs");
});

test("root in a container is nobody in the machine, with userns-remap", async () => {
  expect(await info("{{json .SecurityOptions}}")).toContain("name=userns");
  await inGuest("tar -c -C / usr/bin/busybox | docker import - remapped");
  const map = await box.dockerOk(["run", "--rm", "remapped", "/usr/bin/busybox", "cat", "/proc/self/uid_map"]);
  expect(map.trim().split(/ +/)).toEqual(["0", "165536", "65536"]);
});

test("settings that dockerd refuses: told, and the engine is as it was", async () => {
  await inGuest(`sudo rm ${own}/profile`);
  await put("/etc/docker/daemon.json", '{"labels": ["from=file"], "no-such-key": 1}');
  await box.ok("restart");
  const { stdout, stderr } = await box.cli("status");
  expect(stdout).toBe("degraded\n");
  expect(stderr).toContain("the following directives don't match any configuration option: no-such-key");
  expect(await info("{{.HTTPProxy}} {{.LoggingDriver}}")).toBe("http://proxy.test:3128 local");
});

test("settings with which no dockerd starts: told, and the engine is as it was", async () => {
  await put("/etc/docker/daemon.json", '{"bridge": "none-such"}');
  await box.ok("restart");
  const { stdout, stderr } = await box.cli("status");
  expect(stdout).toBe("degraded\n");
  expect(stderr).toMatch(/dockerd does not start with these settings: exit code 1; its last words: .*none-such/s);
  expect(await info("{{.LoggingDriver}}")).toBe("local");
});

test("without files of the user's the engine is as at first", async () => {
  await inGuest("sudo rm /etc/docker/daemon.json");
  await box.ok("restart");
  expect(await box.ok("status")).toBe("running");
  expect(await info("{{json .Labels}} {{.LoggingDriver}}")).toBe('["from=machine"] json-file');
});
