/** ONC RPC version 2 on a stream, RFC 5531: the server's half. Who may connect may ask: credentials are not looked at. */
import { XdrError, XdrReader, XdrWriter } from "./xdr.ts";

const message = { call: 0, reply: 1 };
const accepted = 0;
const status = {
  success: 0,
  programUnavailable: 1,
  programMismatch: 2,
  procedureUnavailable: 3,
  garbageArguments: 4,
  systemError: 5,
};
const rpcVersion = 2;
const maxCredentialBytes = 400;
const lastFragment = 0x8000_0000;
/** A WRITE of the size that FSINFO offers, and what is around it. */
const maxMessageBytes = (256 << 10) + 8192;
/** Replies that are kept for who asks again. */
const keptReplies = 512;

export interface Program {
  number: number;
  version: number;
  procedures: Readonly<Partial<Record<number, Procedure>>>;
}

export interface Procedure {
  /** To do it again is something else: who repeats the call on another connection is told what the first one was told. */
  isOnce?: boolean;
  /** Throws XdrError for arguments that are none. */
  run(args: XdrReader, result: XdrWriter): Promise<void>;
}

/** Cuts a stream into messages (RFC 5531, section 11). Throws XdrError when one is too long. */
export class MessageReader {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #message: Buffer[] = [];
  #messageBytes = 0;

  push(chunk: Buffer): Buffer[] {
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    const messages: Buffer[] = [];
    for (let header = this.#peek(); header !== undefined; header = this.#peek()) {
      const length = (header & ~lastFragment) >>> 0;
      if (this.#messageBytes + length > maxMessageBytes) throw new XdrError(`a message of more than ${length} bytes`);
      if (this.#bytes < 4 + length) break;
      const piece = this.#take(4 + length).subarray(4);
      if (length > 0) this.#message.push(piece);
      this.#messageBytes += length;
      if ((header & lastFragment) === 0) continue;
      const [only] = this.#message;
      messages.push(this.#message.length === 1 && only !== undefined ? only : Buffer.concat(this.#message));
      this.#message = [];
      this.#messageBytes = 0;
    }
    return messages;
  }

  #peek(): number | undefined {
    if (this.#bytes < 4) return undefined;
    if ((this.#pieces[0]?.length ?? 0) < 4) this.#join();
    return this.#pieces[0]?.readUInt32BE();
  }

  #take(length: number): Buffer {
    if ((this.#pieces[0]?.length ?? 0) < length) this.#join();
    const [first = Buffer.alloc(0)] = this.#pieces;
    if (first.length === length) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(length);
    this.#bytes -= length;
    return first.subarray(0, length);
  }

  #join(): void {
    this.#pieces = [Buffer.concat(this.#pieces)];
  }
}

/** Answers calls. One for all connections of a client, which may begin another one and ask there again. */
export class RpcServer {
  readonly #programs: readonly Program[];
  /** By what was asked. The oldest is the first. */
  readonly #replies = new Map<string, Promise<Buffer>>();

  constructor(programs: readonly Program[]) {
    this.#programs = programs;
  }

  /** A whole record, with its mark. Undefined for what is no call; throws XdrError for what is no message at all. */
  async answer(request: Buffer): Promise<Buffer | undefined> {
    const reader = new XdrReader(request);
    const xid = reader.u32();
    if (reader.u32() !== message.call || reader.u32() !== rpcVersion) return undefined;
    const [program, version, number] = [reader.u32(), reader.u32(), reader.u32()];
    for (let i = 0; i < 2; i++) {
      reader.u32();
      reader.opaque(maxCredentialBytes);
    }
    const known = this.#programs.find((one) => one.number === program);
    if (known === undefined) return refuse(xid, status.programUnavailable);
    if (known.version !== version) return refuse(xid, status.programMismatch, [known.version, known.version]);
    const procedure = known.procedures[number];
    if (procedure === undefined) return refuse(xid, status.procedureUnavailable);
    if (procedure.isOnce !== true) return run(xid, procedure, reader);
    // Loaded when somebody changes something, since it is more than a megabyte.
    const key = `${xid} ${process.getBuiltinModule("node:zlib").crc32(request)}`;
    const earlier = this.#replies.get(key);
    if (earlier !== undefined) return earlier;
    const reply = run(xid, procedure, reader);
    this.#replies.set(key, reply);
    const [oldest] = this.#replies.size > keptReplies ? this.#replies.keys() : [];
    if (oldest !== undefined) this.#replies.delete(oldest);
    return reply;
  }
}

async function run(xid: number, procedure: Procedure, args: XdrReader): Promise<Buffer> {
  const writer = begin(xid, status.success);
  try {
    await procedure.run(args, writer);
  } catch (error) {
    return refuse(xid, error instanceof XdrError ? status.garbageArguments : status.systemError);
  }
  return end(writer);
}

function refuse(xid: number, why: number, more: readonly number[] = []): Buffer {
  const writer = begin(xid, why);
  for (const word of more) writer.u32(word);
  return end(writer);
}

function begin(xid: number, acceptStatus: number): XdrWriter {
  // Of the record's mark, what `end` knows; of the verifier, that there is none.
  return new XdrWriter().u32(0).u32(xid).u32(message.reply).u32(accepted).u32(0).u32(0).u32(acceptStatus);
}

function end(writer: XdrWriter): Buffer {
  writer.setU32(0, (lastFragment | (writer.length - 4)) >>> 0);
  return writer.bytes();
}
