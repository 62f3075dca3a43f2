import { duplexPair, type Duplex } from "node:stream";
import type { NfsServer } from "../server.ts";
import { MessageReader } from "../rpc.ts";
import { XdrReader, XdrWriter } from "../xdr.ts";

const nfs = 100_003;
const mount = 100_005;

export const procedure = {
  getattr: 1,
  setattr: 2,
  lookup: 3,
  access: 4,
  readlink: 5,
  read: 6,
  write: 7,
  create: 8,
  mkdir: 9,
  symlink: 10,
  mknod: 11,
  remove: 12,
  rmdir: 13,
  rename: 14,
  link: 15,
  readdirplus: 17,
  commit: 21,
} as const;

export interface Attributes {
  type: number;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  ino: bigint;
}

/** As much of a client as the tests need: what it does on the wire is what Linux's does. */
export class NfsClient {
  readonly #stream: Duplex;
  readonly #reader = new MessageReader();
  readonly #waiting = new Map<number, (reply: XdrReader) => void>();
  readonly closed: Promise<void>;
  nextXid = 1;

  constructor(server: NfsServer) {
    const [ours, theirs] = duplexPair();
    this.#stream = ours;
    this.closed = server.serve(theirs);
    ours.on("data", (chunk: Buffer) => {
      for (const message of this.#reader.push(chunk)) {
        const reply = new XdrReader(message);
        const xid = reply.u32();
        this.#waiting.get(xid)?.(reply);
      }
    });
  }

  /** Bytes as they are. */
  send(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  end(): void {
    this.#stream.end();
  }

  /** What stands behind the accept status, which is the first number. */
  async ask(program: number, number: number, args: XdrWriter, version = 3): Promise<XdrReader> {
    const xid = this.nextXid;
    this.nextXid += 1;
    const call = new XdrWriter().u32(0).u32(xid).u32(0).u32(2).u32(program).u32(version).u32(number);
    // Credentials and verifier: none.
    call.u32(0).u32(0).u32(0).u32(0);
    const bytes = Buffer.concat([call.bytes(), args.bytes()]);
    bytes.writeUInt32BE((0x8000_0000 | (bytes.length - 4)) >>> 0);
    const { promise, resolve } = Promise.withResolvers<XdrReader>();
    this.#waiting.set(xid, resolve);
    this.send(bytes);
    const reply = await promise;
    reply.fixed(16);
    return reply;
  }

  async call(name: keyof typeof procedure, args: XdrWriter): Promise<{ status: number; reply: XdrReader }> {
    const reply = await this.ask(nfs, procedure[name], args);
    if (reply.u32() !== 0) throw new Error(`${name}: not accepted`);
    return { status: reply.u32(), reply };
  }

  async mount(path: string): Promise<{ status: number; root: Buffer }> {
    const reply = await this.ask(mount, 1, new XdrWriter().opaque(Buffer.from(path)));
    reply.u32();
    const status = reply.u32();
    return { status, root: status === 0 ? reply.opaque(64) : Buffer.alloc(0) };
  }

  async getattr(handle: Buffer): Promise<{ status: number; attributes?: Attributes }> {
    const { status, reply } = await this.call("getattr", at(handle));
    return status === 0 ? { status, attributes: readAttributes(reply) } : { status };
  }

  async lookup(directory: Buffer, name: string | Buffer): Promise<{ status: number; handle: Buffer }> {
    const { status, reply } = await this.call("lookup", named(directory, name));
    return { status, handle: status === 0 ? reply.opaque(64) : Buffer.alloc(0) };
  }

  /** UNCHECKED, with a mode. */
  async create(directory: Buffer, name: string | Buffer, mode = 0o644): Promise<{ status: number; handle: Buffer }> {
    const { status, reply } = await this.call("create", changes(named(directory, name).u32(0), { mode }));
    if (status !== 0) return { status, handle: Buffer.alloc(0) };
    reply.u32();
    return { status, handle: reply.opaque(64) };
  }

  async write(handle: Buffer, offset: number, data: Buffer): Promise<{ status: number }> {
    const args = at(handle).u64(BigInt(offset)).u32(data.length).u32(0).opaque(data);
    return this.call("write", args);
  }

  async read(handle: Buffer, offset: number, count: number): Promise<{ status: number; data: Buffer; isEnd: boolean }> {
    const { status, reply } = await this.call("read", at(handle).u64(BigInt(offset)).u32(count));
    if (status !== 0) return { status, data: Buffer.alloc(0), isEnd: false };
    skipAttributes(reply);
    reply.u32();
    const isEnd = reply.isTrue();
    return { status, data: reply.opaque(1 << 20), isEnd };
  }

  /** A piece of a listing. */
  async list(
    directory: Buffer,
    cookie: bigint,
    maxBytes: number,
  ): Promise<{ status: number; entries: { name: Buffer; cookie: bigint }[]; isEnd: boolean }> {
    const args = at(directory).u64(cookie).u64(0n).u32(maxBytes).u32(maxBytes);
    const { status, reply } = await this.call("readdirplus", args);
    const entries: { name: Buffer; cookie: bigint }[] = [];
    if (status !== 0) return { status, entries, isEnd: false };
    skipAttributes(reply);
    reply.u64();
    while (reply.isTrue()) {
      reply.u64();
      entries.push({ name: reply.opaque(255), cookie: reply.u64() });
      skipAttributes(reply);
      if (reply.isTrue()) reply.opaque(64);
    }
    return { status, entries, isEnd: reply.isTrue() };
  }
}

export const at = (handle: Buffer): XdrWriter => new XdrWriter().opaque(handle);
export const named = (directory: Buffer, name: string | Buffer): XdrWriter => at(directory).opaque(Buffer.from(name));

/** `sattr3`. */
export function changes(
  writer: XdrWriter,
  { mode, uid, size, mtime }: { mode?: number; uid?: number; size?: number; mtime?: number },
): XdrWriter {
  const optional = (value: number | undefined): XdrWriter =>
    value === undefined ? writer.u32(0) : writer.u32(1).u32(value);
  optional(mode);
  optional(uid);
  optional(uid);
  if (size === undefined) writer.u32(0);
  else writer.u32(1).u64(BigInt(size));
  writer.u32(0);
  return mtime === undefined ? writer.u32(0) : writer.u32(2).u32(mtime).u32(0);
}

function skipAttributes(reply: XdrReader): void {
  if (reply.isTrue()) readAttributes(reply);
}

function readAttributes(reply: XdrReader): Attributes {
  const [type, mode, , uid, gid] = [reply.u32(), reply.u32(), reply.u32(), reply.u32(), reply.u32()];
  const size = reply.size();
  reply.fixed(24);
  const ino = reply.u64();
  reply.fixed(24);
  return { type, mode, uid, gid, size, ino };
}
