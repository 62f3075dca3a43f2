import { createReadStream } from "node:fs";
import type { Content, Entry } from "./tree.ts";

const block = 512;
const kinds = { file: "0", symlink: "2", "character-device": "3", directory: "5" } as const;

/**
 * Writes a ustar archive (POSIX.1-1988) whose bytes depend on nothing but the entries and the date, in seconds since
 * 1970. Owners are numbers; there are no user names in it. Throws when a name does not fit.
 */
export async function* writeTar(entries: Iterable<Entry>, epoch: number): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield header(entry, epoch);
    if (entry.type !== "file") continue;
    let sizeBytes = 0;
    for await (const bytes of readContent(entry.content)) {
      sizeBytes += bytes.length;
      yield bytes;
    }
    if (sizeBytes !== contentSize(entry.content)) throw new Error(`${entry.path} changed while it was read`);
    yield new Uint8Array(padding(sizeBytes, block));
  }
  yield new Uint8Array(2 * block);
}

export function contentSize(content: Content): number {
  return content instanceof Uint8Array ? content.length : content.sizeBytes;
}

export async function* readContent(content: Content): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else if (content.sizeBytes > 0)
    yield* createReadStream(content.file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>; // no encoding is set: Buffers
}

/** Bytes to the next multiple. */
export function padding(size: number, multiple: number): number {
  return (multiple - (size % multiple)) % multiple;
}

function header(entry: Entry, epoch: number): Buffer {
  const bytes = Buffer.alloc(block);
  const [prefix, name] = splitName(`${entry.path.slice(1)}${entry.type === "directory" ? "/" : ""}`);
  const target = entry.type === "symlink" ? entry.target : "";
  if (Buffer.byteLength(target) > 100) throw new Error(`${entry.path}: link target is too long for a tar header`);
  const octal = (value: number, at: number, digits: number) =>
    bytes.write(`${value.toString(8).padStart(digits, "0")}\0`, at);
  bytes.write(name, 0);
  octal(entry.type === "symlink" ? 0o777 : entry.mode, 100, 7);
  octal(entry.uid, 108, 7);
  octal(entry.gid, 116, 7);
  octal(entry.type === "file" ? contentSize(entry.content) : 0, 124, 11);
  octal(epoch, 136, 11);
  bytes.write("        ", 148);
  bytes.write(kinds[entry.type], 156);
  bytes.write(target, 157);
  bytes.write("ustar\x0000", 257);
  octal(entry.type === "character-device" ? entry.major : 0, 329, 7);
  octal(entry.type === "character-device" ? entry.minor : 0, 337, 7);
  bytes.write(prefix, 345);
  const checksum = bytes.reduce((sum, byte) => sum + byte, 0);
  bytes.write(`${checksum.toString(8).padStart(6, "0")}\0 `, 148);
  return bytes;
}

/** ustar has 155 bytes for the folders and 100 for the name. */
function splitName(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ["", path];
  for (let cut = path.indexOf("/"); cut > 0 && cut < path.length - 1; cut = path.indexOf("/", cut + 1)) {
    const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return [prefix, name];
  }
  throw new Error(`/${path}: too long for a tar header`);
}
