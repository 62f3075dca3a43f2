import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dockerClient } from "../harness/debian-programs.ts";
import { binaryFile, imageFolder, parseExports } from "../harness/machine.ts";
import { must } from "../harness/run.ts";

const nobody = 65_534;

/** What a release is: one binary and the image's files in a folder, no Node, no checkout, no rights. */
test("the binary and the image's files in one folder are enough for an ordinary user", async () => {
  const folder = mkdtempSync(join(tmpdir(), "b2d-release-"));
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  const home = join(folder, "home");
  const path = join(folder, "path");
  const binary = join(folder, "boot2docker");
  copyFileSync(binaryFile, binary);
  chmodSync(binary, 0o755);
  // The driver's files only: the ISO is for other ways to boot.
  for (const name of readdirSync(imageFolder).filter((file) => !/\.(iso|img)$/.test(file) || file === "initrd.img")) {
    copyFileSync(join(imageFolder, name), join(folder, name));
  }
  mkdirSync(home);
  mkdirSync(path);
  symlinkSync("/usr/bin/qemu-system-x86_64", join(path, "qemu-system-x86_64"));
  for (const owned of [folder, home]) if (user.uid !== undefined) chownSync(owned, user.uid, user.gid);
  const env = { HOME: home, PATH: path };
  const command = (...args: string[]) => must(binary, args, { env, cwd: home, ...user });
  try {
    await command("up");
    const client = await dockerClient(join(folder, "docker-config"));
    const exports = parseExports(await command("env", "--shell", "bash"));
    const said = await must(client, ["run", "--rm", "boot2docker/busybox", "echo", "from the binary"], {
      env: { ...env, ...exports },
    });
    expect(said).toBe("from the binary");
    await command("down");
  } finally {
    await command("delete", "--yes");
    rmSync(folder, { recursive: true, force: true });
  }
});
