import type { BigIntStats } from "node:fs";
import type { Entry } from "./tree.ts";
import type { XdrReader, XdrWriter } from "./xdr.ts";

/** Who things belong to for a client: what belongs to `hostUid` and `hostGid` here, belongs to `uid` and `gid` there. */
export interface Owner {
  /** Undefined where files have no numbers of this kind. */
  hostUid: number | undefined;
  hostGid: number | undefined;
  uid: number;
  gid: number;
}

/** `nobody`: whoever has the number there must not be taken for its owner. */
const nobody = 65_534;
const fileType = { file: 1, directory: 2, block: 3, character: 4, link: 5, socket: 6, fifo: 7 };
const typeMask = 0o170_000n;
const types: Partial<Record<string, number>> = {
  [String(0o100_000)]: fileType.file,
  [String(0o040_000)]: fileType.directory,
  [String(0o060_000)]: fileType.block,
  [String(0o020_000)]: fileType.character,
  [String(0o120_000)]: fileType.link,
  [String(0o140_000)]: fileType.socket,
  [String(0o010_000)]: fileType.fifo,
};
export const mknodType = fileType;

/** `fattr3`. */
export function writeAttributes(writer: XdrWriter, stats: BigIntStats, owner: Owner): void {
  writer
    .u32(types[String(stats.mode & typeMask)] ?? fileType.file)
    .u32(Number(stats.mode & 0o7777n))
    .u32(Number(stats.nlink))
    .u32(translate(Number(stats.uid), owner.hostUid, owner.uid))
    .u32(translate(Number(stats.gid), owner.hostGid, owner.gid))
    .u64(stats.size)
    .u64(stats.blocks * 512n)
    // Of devices, which are none of the client's.
    .u32(0)
    .u32(0)
    // One file system for the client, whatever is mounted in the share here.
    .u64(1n)
    .u64(stats.ino);
  for (const time of [stats.atimeNs, stats.mtimeNs, stats.ctimeNs]) writeTime(writer, time);
}

/** `post_op_attr`; none when there is nothing any more. */
export function writeOptionalAttributes(writer: XdrWriter, stats: BigIntStats | undefined, owner: Owner): void {
  writer.isTrue(stats !== undefined);
  if (stats !== undefined) writeAttributes(writer, stats, owner);
}

function translate(id: number, hostId: number | undefined, guestId: number): number {
  if (hostId === undefined || id === hostId) return guestId;
  return id === guestId ? nobody : id;
}

const second = 1_000_000_000n;

function writeTime(writer: XdrWriter, ns: bigint): void {
  writer.u32(Number(BigInt.asUintN(32, ns / second))).u32(Number(ns % second));
}

/** `sattr3`: what a client wants changed. Owners are not among it: everything belongs to the host's user. */
export interface Changes {
  mode?: number;
  size?: number;
  atime?: Time;
  mtime?: Time;
}

/** Since 1970; "now" is the server's. */
export type Time = { ns: bigint } | "now";

export function readChanges(reader: XdrReader): Changes {
  const mode = reader.isTrue() ? reader.u32() : undefined;
  for (let id = 0; id < 2; id++) if (reader.isTrue()) reader.u32();
  const size = reader.isTrue() ? reader.size() : undefined;
  const atime = readTime(reader);
  const mtime = readTime(reader);
  return {
    // Nobody on the host is to become its user by a file that a container made.
    ...(mode === undefined ? {} : { mode: mode & 0o1777 }),
    ...(size === undefined ? {} : { size }),
    ...(atime === undefined ? {} : { atime }),
    ...(mtime === undefined ? {} : { mtime }),
  };
}

function readTime(reader: XdrReader): Time | undefined {
  const how = reader.u32();
  if (how === 0) return undefined;
  if (how === 1) return "now";
  const seconds = BigInt(reader.u32());
  return { ns: seconds * second + BigInt(reader.u32()) };
}

const access = { read: 1, lookup: 2, modify: 4, extend: 8, delete: 16, execute: 32 };

/** What this process may do with it, as ACCESS tells it: whoever asks in the guest acts as the host's user. */
export function accessOf(
  { share, isDirectory }: Entry,
  stats: BigIntStats,
  self: { uid: number | undefined; groups: readonly number[] },
): number {
  const bits = permissionBits(stats, self);
  let allowed = 0;
  if ((bits & 4) !== 0) allowed |= access.read;
  if ((bits & 2) !== 0 && !share.isReadOnly) allowed |= access.modify | access.extend | access.delete;
  if ((bits & 1) !== 0) allowed |= isDirectory ? access.lookup : access.execute;
  return allowed;
}

function permissionBits(stats: BigIntStats, self: { uid: number | undefined; groups: readonly number[] }): number {
  const mode = Number(stats.mode);
  if (self.uid === undefined) return 7;
  // Root may do all; to execute a file, somebody must be able to.
  if (self.uid === 0) return stats.isDirectory() || (mode & 0o111) !== 0 ? 7 : 6;
  if (Number(stats.uid) === self.uid) return (mode >> 6) & 7;
  if (self.groups.includes(Number(stats.gid))) return (mode >> 3) & 7;
  return mode & 7;
}
