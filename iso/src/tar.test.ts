import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeTar } from "./tar.ts";
import { directory, file, symlink, type Entry } from "./tree.ts";

const epoch = 1_700_000_000;

async function tar(entries: Entry[]): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of writeTar(entries, epoch)) parts.push(part);
  return Buffer.concat(parts);
}

test("GNU tar reads owners, modes, dates, links and contents back", async () => {
  const archive = await tar([
    directory("/tmp", 0o1777),
    { ...file("/tmp/su", "root", 0o4755), uid: 1000, gid: 50 },
    symlink("/tmp/link", "../su"),
    { type: "character-device", path: "/tmp/null", mode: 0o666, uid: 0, gid: 0, major: 1, minor: 3 },
  ]);
  const listing = execFileSync("tar", ["-tvf", "-", "--numeric-owner", "--full-time"], {
    input: archive,
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC" },
  });
  expect(listing.trim().split("\n")).toEqual([
    "drwxrwxrwt 0/0               0 2023-11-14 22:13:20 tmp/",
    "-rwsr-xr-x 1000/50           4 2023-11-14 22:13:20 tmp/su",
    "lrwxrwxrwx 0/0               0 2023-11-14 22:13:20 tmp/link -> ../su",
    "crw-rw-rw- 0/0             1,3 2023-11-14 22:13:20 tmp/null",
  ]);
  expect(execFileSync("tar", ["-xOf", "-", "tmp/su"], { input: archive, encoding: "utf8" })).toBe("root");
});

test("the bytes are the recorded ones", async () => {
  const bytes = await tar([directory("/etc"), file("/etc/name", "boot2docker\n"), symlink("/etc/link", "name")]);
  expect(bytes).toHaveLength(6 * 512);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(
    "3846bc95678257a196c94774787ad5defb9da6c5c469e33bec61dfd88305b7d9",
  );
});

test("a path of up to 255 bytes fits, a longer name does not", async () => {
  const folder = "d".repeat(90);
  const archive = await tar([file(`/${folder}/${folder}`, "x")]);
  expect(execFileSync("tar", ["-tf", "-"], { input: archive, encoding: "utf8" })).toBe(`${folder}/${folder}\n`);
  await expect(tar([file(`/${"n".repeat(101)}`, "x")])).rejects.toThrow("too long for a tar header");
});

test("a file that shrinks while it is read is an error, not a torn archive", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "tar-test-"));
  const path = join(folder.path, "file");
  writeFileSync(path, "abc");
  await expect(tar([file("/x", { file: path, sizeBytes: 4 })])).rejects.toThrow("/x changed while it was read");
});
