import { contentSize, padding, readContent } from "./tar.ts";
import type { Entry } from "./tree.ts";

const kinds = { file: 0o100000, symlink: 0o120000, "character-device": 0o020000, directory: 0o040000 } as const;

/** Writes a newc archive as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst). */
export async function* writeCpio(entries: Iterable<Entry>, epoch: number): AsyncGenerator<Uint8Array> {
  let inode = 0;
  for (const entry of entries) {
    inode += 1;
    const content =
      entry.type === "symlink"
        ? new TextEncoder().encode(entry.target)
        : entry.type === "file"
          ? entry.content
          : new Uint8Array();
    const permissions = entry.type === "symlink" ? 0o777 : entry.mode;
    const device = entry.type === "character-device" ? [entry.major, entry.minor] : [0, 0];
    const sizeBytes = contentSize(content);
    const links = entry.type === "directory" ? 2 : 1;
    const fields = [
      inode,
      kinds[entry.type] | permissions,
      entry.uid,
      entry.gid,
      links,
      epoch,
      sizeBytes,
      0,
      0,
      ...device,
    ];
    yield record(fields, entry.path.slice(1));
    yield* readContent(content);
    yield new Uint8Array(padding(sizeBytes, 4));
  }
  yield record([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], "TRAILER!!!");
}

function record(fields: readonly number[], name: string): Buffer {
  const nameSize = Buffer.byteLength(name) + 1;
  const hex = [...fields, nameSize, 0].map((field) => field.toString(16).padStart(8, "0")).join("");
  const head = Buffer.from(`070701${hex}${name}\0`);
  return Buffer.concat([head, Buffer.alloc(padding(head.length, 4))]);
}
