import { execFileSync } from "node:child_process";
import { mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { compressStream, planCuts } from "./stream.ts";
import { file, planTree } from "./tree.ts";

const never = new AbortController().signal;

test("the blocks that did not change are not compressed again, and the stream is whole", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "stream-test-"));
  vi.stubEnv("XDG_CACHE_HOME", folder.path);
  const [root, output] = [join(folder.path, "root"), join(folder.path, "root.xz")];
  const compress = async (content: string) => {
    writeFileSync(root, content);
    await compressStream(root, output, { cuts: [4, 8], quick: false, onProgress: () => undefined }, never);
    expect(execFileSync("xz", ["-dc", output], { encoding: "utf8" })).toBe(content);
    return readdirSync(join(folder.path, "boot2docker", "image-blocks")).length;
  };
  expect(await compress("aaaabbbbcccc")).toBe(3);
  expect(await compress("aaaabbbbdddddd")).toBe(4);
  vi.unstubAllEnvs();
});

test("the same root gives the same stream, whether or not its blocks were kept", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "stream-test-"));
  const root = join(folder.path, "root");
  writeFileSync(root, "root".repeat(1000));
  const streams: Buffer[] = [];
  for (const cache of ["one", "one", "two"]) {
    vi.stubEnv("XDG_CACHE_HOME", join(folder.path, cache));
    const output = join(folder.path, "root.xz");
    await compressStream(root, output, { cuts: [100], quick: false, onProgress: () => undefined }, never);
    streams.push(readFileSync(output));
  }
  vi.unstubAllEnvs();
  expect(streams[1]).toEqual(streams[0]);
  expect(streams[2]).toEqual(streams[0]);
});

test("the large block depends on nothing that guest-init changes", () => {
  const tree = (guestInitBytes: number) =>
    planTree([
      file("/usr/sbin/dockerd", { file: "", sizeBytes: 80e6 }),
      file("/usr/bin/guest-init", { file: "", sizeBytes: guestInitBytes }),
    ]);
  expect(planCuts(tree(1e6))).toEqual(planCuts(tree(110e6)));
  expect(planCuts(tree(1e6))).toEqual([4096, 74 << 20]);
});
