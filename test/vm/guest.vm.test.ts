import { afterAll, beforeAll, expect, test } from "vitest";
import { readPackageFile } from "../harness/package-file.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { moduleList } from "../harness/modules.ts";

/** What the guest promises about itself, asked through ssh. One boot serves all. */
let box: Sandbox;
beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up");
});
afterAll(async () => box[Symbol.asyncDispose]());

const inGuest = (command: string) => box.ok("ssh", command);

test("1,000 orphans are reaped", async () => {
  // Each subshell leaves a child behind that ends after its parent: only PID 1 can wait for it.
  await inGuest("i=0; while [ $i -lt 1000 ]; do (sleep 0.2 &); i=$((i+1)); done; sleep 5");
  expect(await inGuest("ps -eo stat= | grep -c '^Z' || true")).toBe("0");
});

test("the exit code of a command in the machine is the command's", async () => {
  expect((await box.cli("ssh", "exit 42")).code).toBe(42);
  expect((await box.cli("ssh", "true")).code).toBe(0);
});

test("no password opens the machine", async () => {
  expect(await inGuest("sudo cut -d: -f2 /etc/shadow | sort -u")).toMatch(/^[*!\n]+$/);
});

test("the root is read-only and holds no secret", async () => {
  expect(await inGuest("sudo touch /usr/probe 2>&1 || true")).toMatch(/read-only/i);
  expect(await inGuest("sudo find / -xdev -name '*.pem' -path '*key*' 2>/dev/null | head")).toBe("");
});

test("private files of the identity are readable by root only", async () => {
  const modes = await inGuest(
    "sudo stat -c '%a %U %n' /var/lib/boot2docker/tls /var/lib/boot2docker/tls/server-key.pem",
  );
  expect(modes).toMatch(/^700 root .*tls\n600 root .*server-key\.pem$/);
});

test("every module on the list loads", async () => {
  const ran = await box.cli("ssh", `sudo modprobe -a ${moduleList().join(" ")}`);
  expect(ran).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("the kernel has all that moby's check-config asks for but what an ADR refuses", async () => {
  const script = await readPackageFile("docker.io", "usr/share/docker.io/contrib/check-config.sh");
  const said = (await box.cliWith(script, "ssh", "sudo sh -s -- /proc/config.gz")).stdout;
  expect(said).toContain("Generally Necessary");
  const missing = [...said.matchAll(/^\s*- (.*): .*missing/gm)].map(([, name]) => name);
  // docs/adr/0006-kernel-refusals.md
  expect(missing).toEqual(["CONFIG_MEMCG_SWAP", "CONFIG_SECURITY_SELINUX", "/dev/zfs", "zfs command", "zpool command"]);
});

test("a container's log is bounded", async () => {
  const container = await box.dockerOk(["create", "boot2docker/busybox"]);
  const log = await box.dockerOk(["inspect", "-f", "{{json .HostConfig.LogConfig}}", container]);
  expect(JSON.parse(log)).toMatchObject({ Config: { "max-size": expect.stringMatching(/^\d+m$/) as string } });
  await box.dockerOk(["rm", container]);
});
