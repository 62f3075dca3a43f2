import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";

/** One boot, the real docker client over mutual TLS, and what a user does on the first day. */
let box: Sandbox;
beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up");
});
afterAll(async () => box[Symbol.asyncDispose]());

const image = "boot2docker/busybox";

test("the engine answers the real client, and the client is not older than it may be", async () => {
  const version = JSON.parse(await box.dockerOk(["version", "--format", "{{json .}}"])) as {
    Server: { Version: string; Os: string; KernelVersion: string };
  };
  expect(version.Server.Os).toBe("linux");
  expect(version.Server.Version).toMatch(/^28\./);
  expect(version.Server.KernelVersion).toMatch(/^6\.12\..*-boot2docker$/);
});

test("the engine has no complaint about the host it runs on", async () => {
  const info = JSON.parse(await box.dockerOk(["info", "--format", "{{json .}}"])) as Record<string, unknown>;
  expect(info["Warnings"] ?? []).toEqual([]);
  expect(info["Driver"]).toBe("overlay2");
  expect(info["CgroupVersion"]).toBe("2");
  expect(info["OperatingSystem"]).toMatch(/boot2docker/i);
  expect(info["SecurityOptions"]).toEqual(
    expect.arrayContaining(["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"]),
  );
});

test("a container runs with no network and no pull", async () => {
  expect(await box.dockerOk(["run", "--rm", image, "echo", "hello from a container"])).toBe("hello from a container");
});

/** Whether AppArmor stops a container where its capabilities and seccomp would not. */
async function expectConfined(): Promise<void> {
  // Docker's default profile denies mounts, which this container is otherwise allowed.
  const mount = [
    "--cap-add",
    "SYS_ADMIN",
    "--security-opt",
    "seccomp=unconfined",
    image,
    "mount",
    "-t",
    "tmpfs",
    "x",
    "/tmp",
  ];
  const stopped = await box.docker(["run", "--rm", ...mount]);
  expect(stopped.code).not.toBe(0);
  expect(stopped.stderr).toMatch(/permission denied/i);
  await box.dockerOk(["run", "--rm", "--security-opt", "apparmor=unconfined", ...mount]);
  expect(await box.dockerOk(["run", "--rm", image, "cat", "/proc/self/attr/current"])).toBe("docker-default (enforce)");
}

test("AppArmor stops a container where its capabilities and seccomp would not", expectConfined);

test("an exit code of a container is the client's", async () => {
  expect((await box.docker(["run", "--rm", image, "sh", "-c", "exit 37"])).code).toBe(37);
});

test("a container that publishes a port answers on it inside the machine", async () => {
  const server = "mkdir /www && echo served > /www/index.html && exec httpd -f -p 80 -h /www";
  const container = await box.dockerOk(["run", "-d", "-p", "8080:80", image, "sh", "-c", server]);
  try {
    const ask =
      "i=0; until busybox wget -qO- http://127.0.0.1:8080/; do i=$((i+1)); [ $i -lt 50 ] || exit 1; sleep 0.2; done";
    expect(await box.ok("ssh", ask)).toContain("served");
    const other = `until wget -qO- http://172.17.0.1:8080/; do sleep 0.2; done`;
    expect(await box.dockerOk(["run", "--rm", image, "timeout", "60", "sh", "-c", other])).toBe("served");
  } finally {
    await box.dockerOk(["rm", "-f", container]);
  }
});

test("the classic builder builds", async () => {
  const folder = buildFolder("classic");
  await box.dockerOk(["build", "-q", "-t", "classic", folder], { env: await box.dockerEnv({ DOCKER_BUILDKIT: "0" }) });
  expect(await box.dockerOk(["run", "--rm", "classic"])).toBe("built classic");
});

test("BuildKit builds through Debian's buildx", async () => {
  const folder = buildFolder("buildkit");
  await box.dockerOk(["buildx", "build", "--load", "-t", "buildkit", folder]);
  expect(await box.dockerOk(["run", "--rm", "buildkit"])).toBe("built buildkit");
});

test("exec, cp in and out, and commit work on a running container", async () => {
  const container = await box.dockerOk(["run", "-d", image, "sleep", "600"]);
  try {
    const source = join(box.root, "source.bin");
    const bytes = Buffer.from(Array.from({ length: 65_536 }, (_, index) => index % 251));
    writeFileSync(source, bytes);
    await box.dockerOk(["cp", source, `${container}:/tmp/copied`]);
    expect(await box.dockerOk(["exec", container, "sh", "-c", "wc -c < /tmp/copied"])).toBe("65536");
    await box.dockerOk(["cp", `${container}:/tmp/copied`, join(box.root, "back.bin")]);
    expect(readFileSync(join(box.root, "back.bin")).equals(bytes)).toBe(true);
    expect(await box.dockerOk(["exec", "-i", container, "cat"], { input: "through stdin" })).toBe("through stdin");
    await box.dockerOk(["commit", container, "committed:one"]);
    await box.dockerOk(["tag", "committed:one", "committed:two"]);
    expect(await box.dockerOk(["run", "--rm", "committed:two", "wc", "-c", "/tmp/copied"])).toContain("65536");
  } finally {
    await box.dockerOk(["rm", "-f", container]);
  }
});

test("logs -f follows a container to its end", async () => {
  const container = await box.dockerOk([
    "run",
    "-d",
    image,
    "sh",
    "-c",
    "for i in 1 2 3; do echo line $i; sleep 0.5; done",
  ]);
  expect((await box.dockerOk(["logs", "-f", container])).split("\n")).toEqual(["line 1", "line 2", "line 3"]);
  await box.dockerOk(["rm", container]);
});

test("a volume outlives its container", async () => {
  await box.dockerOk(["volume", "create", "kept"]);
  await box.dockerOk(["run", "--rm", "-v", "kept:/data", image, "sh", "-c", "echo data > /data/file"]);
  expect(await box.dockerOk(["run", "--rm", "-v", "kept:/data", image, "cat", "/data/file"])).toBe("data");
});

test("a client without a certificate is refused, though it trusts the server", async () => {
  const env = await box.dockerEnv();
  const port = Number(/:(\d+)$/.exec(env["DOCKER_HOST"] ?? "")?.[1]);
  const ca = readFileSync(join(env["DOCKER_CERT_PATH"] ?? "", "ca.pem"));
  const asked = request({ host: "127.0.0.1", port, ca, path: "/_ping" });
  const answer = once(asked, "response").then(() => "answered");
  asked.end();
  await expect(answer).rejects.toThrow(/certificate required|bad certificate/i);
});

test("a client with a certificate of another CA is refused", async () => {
  await using other = await makeSandbox();
  await other.ok("init");
  const own = await box.dockerEnv();
  const theirs = join(other.root, ".boot2docker", "machines", "boot2docker", "tls");
  const mixed = join(box.root, "mixed");
  mkdirSync(mixed);
  // The right CA, so that the client trusts the server; the other one's client certificate.
  writeFileSync(join(mixed, "ca.pem"), readFileSync(join(own["DOCKER_CERT_PATH"] ?? "", "ca.pem")));
  for (const name of ["cert.pem", "key.pem"]) writeFileSync(join(mixed, name), readFileSync(join(theirs, name)));
  const ran = await box.docker(["version", "--format", "{{.Server.Version}}"], {
    env: { ...own, DOCKER_CERT_PATH: mixed },
  });
  expect(ran.code).not.toBe(0);
  expect(ran.stderr).toMatch(/certificate|tls/i);
});

test("after down and up, images, volumes and containers are as their policies say", async () => {
  const keep = ["sleep", "86400"];
  await box.dockerOk(["run", "-d", "--name", "always", "--restart", "always", image, ...keep]);
  await box.dockerOk(["run", "-d", "--name", "unless-stopped", "--restart", "unless-stopped", image, ...keep]);
  await box.dockerOk(["run", "-d", "--name", "stopped-by-user", "--restart", "unless-stopped", image, ...keep]);
  await box.dockerOk(["stop", "-t", "1", "stopped-by-user"]);
  await box.dockerOk(["run", "-d", "--name", "no-policy", image, ...keep]);
  await box.dockerOk(["volume", "create", "survivor"]);
  await box.dockerOk(["run", "--rm", "-v", "survivor:/data", image, "sh", "-c", "echo kept > /data/file"]);

  await box.ok("down");
  expect((await box.cli("status")).stdout.trim()).toBe("stopped");
  await box.ok("up");

  const running = (await box.dockerOk(["ps", "--format", "{{.Names}}"])).split("\n");
  expect(running.toSorted()).toEqual(["always", "unless-stopped"]);
  // Stopped by Docker with its own time-outs, not found dead: `sleep` as process 1 ignores SIGTERM.
  const ends = await box.dockerOk(["inspect", "-f", "{{.State.ExitCode}}", "stopped-by-user", "no-policy"]);
  expect(ends.split("\n")).toEqual(["137", "137"]);
  expect(await box.dockerOk(["run", "--rm", "-v", "survivor:/data", image, "cat", "/data/file"])).toBe("kept");
  expect(await box.dockerOk(["run", "--rm", "classic"])).toBe("built classic");
});

test("after that AppArmor has the profile that was kept, and it does what the compiled one did", async () => {
  expect(await box.ok("ssh", "sudo ls /var/lib/boot2docker/state/apparmor")).toMatch(/^docker-default-/);
  expect(await box.ok("events")).toContain("apparmor.profile-loaded");
  await expectConfined();
});

function buildFolder(name: string): string {
  const folder = join(box.root, `build-${name}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "word"), name);
  writeFileSync(
    join(folder, "Dockerfile"),
    [`FROM ${image}`, "COPY word /word", 'RUN echo "built $(cat /word)" > /result', 'CMD ["cat", "/result"]'].join(
      "\n",
    ),
  );
  return folder;
}
