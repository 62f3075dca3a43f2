import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readManifest } from "../src/manifest.ts";

const home = join(import.meta.dirname, "..");
const staging = mkdtempSync(join(tmpdir(), "boot2docker-image-"));
afterAll(() => rmSync(staging, { recursive: true, force: true }));

/** Builds with the sources at one place into another, with cheap compression: the slow one only repeats the bytes. */
function build(sources: string, output: string, umask: number, env: Record<string, string>) {
  const inputs = {
    kernel: join(home, "..", "kernel", "dist"),
    guestInit: join(home, "..", "apps", "guest-init", "dist", "guest-init"),
  };
  for (const path of Object.values(inputs)) if (!existsSync(path)) throw new Error(`${path} is not built`);
  const before = process.umask(umask);
  try {
    const args = ["--quick", "--output", output, "--kernel", inputs.kernel, "--guest-init", inputs.guestInit];
    execFileSync(process.execPath, [join(sources, "src", "main.ts"), "build", ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "inherit"],
    });
  } finally {
    process.umask(before);
  }
  return readManifest(output);
}

test("two builds from and into different folders, by users of other habits, are equal to the last byte", () => {
  const copy = join(staging, "a copy", "of", "iso");
  mkdirSync(copy, { recursive: true });
  for (const name of ["src", "rootfs", "initrd", "boot", "lock.json", "package.json"]) {
    cpSync(join(home, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(home, "node_modules"), join(copy, "node_modules"));

  const one = build(home, join(staging, "one"), 0o022, { TZ: "UTC", LC_ALL: "C" });
  const two = build(copy, join(staging, "elsewhere", "two"), 0o077, {
    TZ: "Pacific/Auckland",
    LC_ALL: "de_DE.UTF-8",
    SOURCE_DATE_EPOCH: "1",
  });
  expect(two).toEqual(one);
});
