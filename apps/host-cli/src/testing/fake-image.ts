import { createHash } from "node:crypto";
import type { Manifest } from "../image/manifest.ts";
import type { FakeDisk } from "./fake-files.ts";

/** An image of a few bytes: its root stream is "compressed" by nothing, as the fake host's decoder has it. */
export function putImage(disk: FakeDisk, path: string): Manifest {
  const describe = (name: string, content: string) => ({
    name,
    sha256: createHash("sha256").update(content).digest("hex"),
    sizeBytes: Buffer.byteLength(content),
  });
  const root = "the root file system";
  const manifest: Manifest = {
    formatVersion: 1,
    version: "0.1.0+docker28",
    arch: "x86_64",
    dockerVersion: "28.5.2",
    kernelVersion: "6.12",
    unlocked: false,
    files: {
      kernel: describe("vmlinuz", "the kernel"),
      initrd: describe("initrd.img", "the initrd"),
      root: { ...describe("root.img", root), stream: { ...describe("root.img.xz", root), compression: "xz" } },
    },
  };
  disk.put(path, "", { kind: "directory" });
  disk.put(`${path}/manifest.json`, JSON.stringify(manifest));
  disk.put(`${path}/vmlinuz`, "the kernel");
  disk.put(`${path}/initrd.img`, "the initrd");
  disk.put(`${path}/root.img.xz`, root);
  return manifest;
}
