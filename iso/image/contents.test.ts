import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lockedEpoch, readLock } from "../src/lock.ts";
import { readManifest, type Manifest } from "../src/manifest.ts";
import { checkBudgets, planSizes } from "../src/size-table.ts";

const dist = join(import.meta.dirname, "..", "dist");
const staging = mkdtempSync(join(tmpdir(), "boot2docker-image-"));
afterAll(() => rmSync(staging, { recursive: true, force: true }));

let manifest: Manifest;
/** `mode owner size path`, of all that is in the ISO's root. */
let listing: string[];
beforeAll(() => {
  manifest = readManifest(dist);
  const squashfs = join(staging, "root.squashfs");
  const xorriso = [
    "-osirrox",
    "on",
    "-indev",
    join(dist, manifest.files.iso.name),
    "-extract",
    "/boot/root.squashfs",
    squashfs,
  ];
  execFileSync("xorriso", xorriso, { stdio: ["ignore", "ignore", "pipe"] });
  listing = execFileSync("unsquashfs", ["-lln", squashfs], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    env: { ...process.env, TZ: "UTC" },
  })
    .split("\n")
    .filter((line) => line.includes("squashfs-root"))
    .map((line) => line.replace("squashfs-root", ""));
});

function modeOf(path: string): string {
  const line = listing.find((one) => one.endsWith(` ${path}`));
  return line === undefined ? "missing" : line.split(/\s+/).slice(0, 2).join(" ");
}

describe("the root", () => {
  test.each([
    ["/usr/bin/sudo", "-rwsr-xr-x 0/0"],
    ["/usr/bin/mount", "-rwxr-xr-x 0/0"],
    ["/etc/shadow", "-rw-r----- 0/0"],
    ["/etc/sudoers", "-r--r----- 0/0"],
    ["/tmp", "drwxrwxrwt 0/0"],
    ["/root", "drwx------ 0/0"],
    ["/usr/sbin/init", "-rwxr-xr-x 0/0"],
    ["/usr/bin/guest-init", "-rwxr-xr-x 0/0"],
    ["/usr/share/boot2docker/busybox-image.head", "-rw-r--r-- 0/0"],
    ["/usr/share/boot2docker/busybox-image.tail", "-rw-r--r-- 0/0"],
  ])("%s is %s", (path, expected) => {
    expect(modeOf(path)).toBe(expected);
  });

  test("sudo is the only program that runs as root whoever starts it", () => {
    expect(listing.filter((line) => /^-..[sS]|^-.{5}[sS]/.test(line)).map((line) => line.split(" ").at(-1))).toEqual([
      "/usr/bin/sudo",
    ]);
  });

  test("nobody but root can change a file", () => {
    expect(listing.filter((line) => /^[-d].{7}w/.test(line) && !line.startsWith("drwxrwxrwt"))).toEqual([]);
  });

  test("every date is the lock's", () => {
    const date = new Date(lockedEpoch(readLock()) * 1000).toISOString();
    const expected = `${date.slice(0, 10)} ${date.slice(11, 16)}`;
    expect(listing.filter((line) => !line.includes(` ${expected} `))).toEqual([]);
  });

  test("each program that dockerd and guest-init run is there", () => {
    const programs = [
      "/usr/bin/containerd",
      "/usr/sbin/runc",
      "/usr/bin/docker-init -> tini-static",
      "/usr/sbin/modprobe -> ../bin/kmod",
    ];
    const missing = programs.filter((path) => !listing.some((line) => line.endsWith(` ${path}`)));
    expect(missing).toEqual([]);
  });
});

describe("the folder of the image", () => {
  test("each file is the one that the manifest describes", () => {
    const { kernel, initrd, root, iso } = manifest.files;
    for (const file of [kernel, initrd, root.stream, iso]) {
      const bytes = readFileSync(join(dist, file.name));
      const actual = { sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
      expect(actual, file.name).toEqual({ sizeBytes: file.sizeBytes, sha256: file.sha256 });
    }
  });

  test("the sizes keep their budgets", () => {
    expect(() => checkBudgets(planSizes(manifest))).not.toThrow();
  });
});

describe("the ISO", () => {
  const read = (at: number, length: number) => {
    const bytes = Buffer.alloc(length);
    const file = openSync(join(dist, manifest.files.iso.name), "r");
    readSync(file, bytes, 0, length, at);
    return bytes;
  };

  test("its label carries the version, where docker-machine looks for it", () => {
    expect(read(0x8028, 32).toString().trimEnd()).toBe(`b2d-v${manifest.version}`);
  });

  test("it boots as a CD, and as a disk", () => {
    expect(read(0x8800, 39).toString("latin1")).toContain("EL TORITO SPECIFICATION");
    expect(read(510, 2).toString("hex")).toBe("55aa");
  });
});
