import { EARLY_LOG } from "./paths.ts";
import { logPathOf, type ServiceId } from "./services.ts";
import type { System } from "./system.ts";

export type LogName = ServiceId | "guest-init" | "kernel";

export interface LogPiece {
  text: string;
  /** Where the next piece starts. */
  nextOffset: number;
}

/** More would not fit into one message once it is written as JSON. */
const LONGEST_PIECE_BYTES = 128 * 1024;

/**
 * See `logs.read` of the protocol. An offset behind the end means that the log was rotated: it is read from its start. In a log that
 * is not where it will be, since the disk is not there yet, it stands for what is to come.
 */
export async function readLog(
  name: LogName,
  offset: number,
  maxBytes: number,
  system: System,
  signal: AbortSignal,
): Promise<LogPiece> {
  const read =
    name === "kernel" ? await openKernelLog(system, signal) : await openLogFile(await findLog(name, system), system);
  const wanted = offset < 0 ? Math.max(0, read.sizeBytes + offset) : offset;
  if (wanted > read.sizeBytes && read.isToCome) return { text: "", nextOffset: wanted };
  const from = wanted > read.sizeBytes ? 0 : wanted;
  const bytes = await read.part(from, Math.min(maxBytes, LONGEST_PIECE_BYTES));
  const { text, usedBytes } = decodeWhole(bytes);
  return { text, nextOffset: from + usedBytes };
}

interface LogSource {
  sizeBytes: number;
  isToCome?: true;
  part(offset: number, maxBytes: number): Promise<Uint8Array>;
}

/** Our own is elsewhere until the data disk is there, which in rescue it may never be. */
async function findLog(name: Exclude<LogName, "kernel">, { files }: System): Promise<string> {
  const path = logPathOf(name);
  return name === "guest-init" && (await files.stat(path)) === undefined ? EARLY_LOG : path;
}

async function openLogFile(path: string, { files }: System): Promise<LogSource> {
  const facts = await files.stat(path);
  if (facts === undefined) return { sizeBytes: 0, isToCome: true, part: async () => new Uint8Array() };
  const source = {
    sizeBytes: facts.sizeBytes,
    part: (offset: number, maxBytes: number) => files.readPart(path, offset, maxBytes),
  };
  return path === EARLY_LOG ? { ...source, isToCome: true } : source;
}

async function openKernelLog({ processes }: System, signal: AbortSignal): Promise<LogSource> {
  const { stdout } = await processes.run(["/usr/bin/busybox", "dmesg"], signal);
  const bytes = new TextEncoder().encode(stdout);
  return { sizeBytes: bytes.byteLength, part: async (offset, maxBytes) => bytes.subarray(offset, offset + maxBytes) };
}

/** The characters that are there as a whole: a cut-off one at the end is left for the next piece. */
export function decodeWhole(bytes: Uint8Array): { text: string; usedBytes: number } {
  const usedBytes = bytes.byteLength - cutOffBytes(bytes);
  return { text: new TextDecoder().decode(bytes.subarray(0, usedBytes)), usedBytes };
}

/** Length of an unfinished UTF-8 sequence at the end; none when the bytes are no UTF-8 at all. */
function cutOffBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.byteLength); back += 1) {
    const byte = bytes[bytes.byteLength - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue; // a continuation: its start is further back
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    // A piece that is nothing but the cut-off character must not be empty for ever.
    return length > back && back < bytes.byteLength ? back : 0;
  }
  return 0;
}
