import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { downloadPackages } from "./download.ts";
import type { LockedPackage } from "./locked-package.ts";
import { archiveKeyring, readArchive, serveArchive } from "./testing/archive.ts";

const hello: LockedPackage = {
  name: "hello",
  version: "1.2-1",
  suite: "forky",
  path: "pool/main/h/hello/hello_1.2-1_amd64.deb",
  sha256: "00e5d4dd1bd2402a3e20bdda25de0c625824df59221638051eb06414991a8709",
  sizeBytes: 32,
};
/** A version that the archive no longer has. */
const olderHello = {
  ...hello,
  version: "1.1-1",
  path: "pool/main/h/hello/hello_1.1-1_amd64.deb",
  sha256: "1".repeat(64),
};
const lockOf = (entry: LockedPackage) => ({ lockedAt: "20261123T000000Z", packages: [entry] });
const never = new AbortController().signal;
const nowhere = "http://127.0.0.1:1";

// Each starts apt several times.
vi.setConfig({ testTimeout: 60_000 });

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "debian-test-"));
  vi.stubEnv("XDG_CACHE_HOME", cache);
  return () => {
    vi.unstubAllEnvs();
    rmSync(cache, { recursive: true });
  };
});

test("a package comes from the mirror once, and then from the cache", async () => {
  await using archive = await serveArchive();
  vi.stubEnv("BOOT2DOCKER_DEBIAN_MIRROR", archive.base);
  const first = await downloadPackages(lockOf(hello), {}, never);
  expect(readFileSync(first.get("hello") ?? "", "utf8")).toBe("these bytes stand for a package\n");
  expect(archive.requests).toEqual(["/dists/forky/InRelease", `/${hello.path}`]);
  expect(await downloadPackages(lockOf(hello), {}, never)).toEqual(first);
  expect(archive.requests).toHaveLength(2);
});

test("bytes that are not those of the lock are refused, told and not kept", async () => {
  await using archive = await serveArchive((path, bytes) => (path.endsWith(".deb") ? Buffer.from("evil") : bytes));
  vi.stubEnv("BOOT2DOCKER_DEBIAN_MIRROR", archive.base);
  await expect(downloadPackages(lockOf(hello), { snapshot: nowhere }, never)).rejects.toThrow(
    /hello 1\.2-1.*has SHA-256 [0-9a-f]{64}, wanted 00e5d4dd/s,
  );
  expect(readdirSync(join(cache, "boot2docker", "debian"))).toEqual([]);
});

test("a version that has left the mirror comes from the snapshot archive, as of the lock's date", async () => {
  await using mirror = await serveArchive((path, bytes) => (path.endsWith(".deb") ? undefined : bytes));
  await using snapshot = await serveArchive((path, bytes) =>
    path.startsWith("/20261123T000000Z/") ? readArchive(path.slice("/20261123T000000Z/".length)) : bytes,
  );
  vi.stubEnv("BOOT2DOCKER_DEBIAN_MIRROR", mirror.base);
  const options = { snapshot: snapshot.base };
  expect((await downloadPackages(lockOf(hello), options, never)).get("hello")).toContain(hello.sha256);
});

test("without a snapshot archive the suite's current version of the same major stands in, and is told", async () => {
  await using archive = await serveArchive();
  vi.stubEnv("BOOT2DOCKER_DEBIAN_MIRROR", archive.base);
  const replaced: unknown[] = [];
  const options = {
    snapshot: nowhere,
    keyring: archiveKeyring,
    onReplaced: (locked: LockedPackage, replacement: LockedPackage) => {
      replaced.push([locked, replacement]);
    },
  };
  const files = await downloadPackages(lockOf(olderHello), options, never);
  expect(replaced).toEqual([[olderHello, hello]]);
  expect(files.get("hello")).toContain(hello.sha256);
});

test("another major never stands in", async () => {
  await using archive = await serveArchive();
  vi.stubEnv("BOOT2DOCKER_DEBIAN_MIRROR", archive.base);
  const onReplaced = vi.fn();
  const options = { snapshot: nowhere, keyring: archiveKeyring, onReplaced };
  await expect(downloadPackages(lockOf({ ...olderHello, version: "0.9-1" }), options, never)).rejects.toThrow(
    "nothing may stand in for hello 0.9-1 (forky has 1.2-1: another major)",
  );
  expect(onReplaced).not.toHaveBeenCalled();
});

test("whoever does not ask for replacements gets none, and all reasons", async () => {
  await using archive = await serveArchive();
  vi.stubEnv("BOOT2DOCKER_DEBIAN_MIRROR", archive.base);
  await expect(downloadPackages(lockOf(olderHello), { snapshot: nowhere }, never)).rejects.toThrow(
    /hello 1\.1-1: .*Failed to fetch .*404.*Failed to fetch .*127\.0\.0\.1:1/s,
  );
});

test.each([
  ["an index that was changed after it was signed", "Codename: forky", "Codename: forkX"],
  ["an index without a signature", /-----BEGIN PGP SIGNATURE[^]*/, ""],
])("nothing stands in out of %s", async (_, pattern, replacement) => {
  await using archive = await serveArchive((path, bytes) =>
    path.endsWith("InRelease") ? Buffer.from(bytes.toString().replace(pattern, replacement)) : bytes,
  );
  vi.stubEnv("BOOT2DOCKER_DEBIAN_MIRROR", archive.base);
  const onReplaced = vi.fn();
  const options = { snapshot: nowhere, keyring: archiveKeyring, onReplaced };
  await expect(downloadPackages(lockOf(olderHello), options, never)).rejects.toThrow("apt-get");
  expect(onReplaced).not.toHaveBeenCalled();
});

test("nothing stands in out of an index that another key signed", async () => {
  await using archive = await serveArchive();
  vi.stubEnv("BOOT2DOCKER_DEBIAN_MIRROR", archive.base);
  const options = { snapshot: nowhere, onReplaced: () => undefined };
  await expect(downloadPackages(lockOf(olderHello), options, never)).rejects.toThrow("apt-get");
});

test("a mirror without the suite is told, with the option to name another", async () => {
  await using archive = await serveArchive(() => undefined);
  vi.stubEnv("BOOT2DOCKER_DEBIAN_MIRROR", archive.base);
  await expect(downloadPackages(lockOf(hello), { snapshot: nowhere }, never)).rejects.toThrow(
    /no apt source .* with the suite forky; set BOOT2DOCKER_DEBIAN_MIRROR/,
  );
});
