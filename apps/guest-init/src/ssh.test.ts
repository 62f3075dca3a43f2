import { expect, it } from "vitest";
import { SSH_HOST_KEY } from "./paths.ts";
import { ensureHostKey, parsePublicKey, writeAuthorizedKeys } from "./ssh.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
const PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFjo";
const said = { code: 0, stdout: `Public key portion is:\n${PUBLIC} root@build\nFingerprint: SHA256:x\n`, stderr: "" };

it("the host key is made once", async () => {
  const system = new FakeSystem();
  system.programs.set("/usr/bin/dropbearkey -y", said);
  system.files.readPart = async () => new TextEncoder().encode("secret");
  expect(await ensureHostKey(system, never)).toBe(PUBLIC);
  expect(system.history).toContain(`write ${SSH_HOST_KEY} 600 durable`);
  const before = system.history.length;
  expect(await ensureHostKey(system, never)).toBe(PUBLIC);
  expect(system.history.slice(before)).toEqual([`run /usr/bin/dropbearkey -y -f ${SSH_HOST_KEY}`]);
});

it("dropbearkey that fails is told with its words", async () => {
  const system = new FakeSystem();
  system.content.set(SSH_HOST_KEY, "damaged");
  system.programs.set("/usr/bin/dropbearkey", { code: 1, stdout: "", stderr: "Failed reading key\n" });
  await expect(ensureHostKey(system, never)).rejects.toThrow("ended with code 1: Failed reading key");
});

it("what is no public key is not taken for one", () => {
  expect(() => parsePublicKey("Public key portion is:\n")).toThrow("dropbearkey gave no public key");
});

it("only the user reads who may log in", async () => {
  const system = new FakeSystem();
  await writeAuthorizedKeys(["ssh-ed25519 A me", "ssh-ed25519 B you"], system, never);
  expect(system.history).toContain("write /home/docker/.ssh/authorized_keys 600");
  expect(system.content.get("/home/docker/.ssh/authorized_keys")).toBe("ssh-ed25519 A me\nssh-ed25519 B you\n");
});

it("keys that an old disk brought along are kept, and those that the host gives no more are gone", async () => {
  const system = new FakeSystem();
  system.content.set("/var/lib/boot2docker/userdata.tar", "tar");
  const { run } = system.processes;
  system.processes.run = async (argv) => {
    if (argv.includes("tar")) system.content.set("/home/docker/.ssh/authorized_keys", "ssh-rsa OLD disk\n");
    return run(argv);
  };
  await writeAuthorizedKeys(["ssh-ed25519 A me"], system, never);
  await writeAuthorizedKeys(["ssh-ed25519 B you"], system, never);
  expect(system.content.get("/home/docker/.ssh/authorized_keys")).toBe("ssh-rsa OLD disk\nssh-ed25519 B you\n");
  expect(system.history).toContain("run /usr/bin/busybox chown -R 1000:50 /home/docker");
});
