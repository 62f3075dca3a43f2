import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Image, WriteLog } from "./write-log.ts";

/**
 * A disk for QEMU, over NBD on a unix socket (github.com/NetworkBlockDevice/nbd, doc/proto.md): newstyle negotiation with
 * NBD_OPT_GO, simple replies. It does what a disk does and writes down what it was told, in the order in which it answered.
 */
export interface BlockServer extends AsyncDisposable {
  readonly socketPath: string;
}

const OPTION_MAGIC = 0x49484156454f5054n; // IHAVEOPT
const INIT_MAGIC = 0x4e42444d41474943n; // NBDMAGIC
const REPLY_MAGIC = 0x3e889045565a9n;
const REQUEST_MAGIC = 0x25609513;
const SIMPLE_REPLY_MAGIC = 0x67446698;
const HANDSHAKE_FLAGS = { fixedNewstyle: 1, noZeroes: 2 } as const;
const OPTIONS = { abort: 2, go: 7 } as const;
const REPLIES = { ack: 1, info: 3, unsupported: 0x80000001 } as const;
const INFO_EXPORT = 0;
const INFO_BLOCK_SIZE = 3;
const TRANSMISSION = { hasFlags: 1, sendFlush: 4, sendFua: 8, sendTrim: 32, sendWriteZeroes: 64 } as const;
const COMMANDS = { read: 0, write: 1, disconnect: 2, flush: 3, trim: 4, writeZeroes: 6 } as const;
const FLAG_FUA = 1;
const EINVAL = 22;
const BLOCKS = { smallest: 512, preferred: 4096, largest: 32 << 20 } as const;

export async function serveDisk(socketPath: string, image: Image, log: WriteLog): Promise<BlockServer> {
  const sockets = new Set<Socket>();
  let failure: unknown;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
    });
    // A QEMU that is killed leaves its connection broken, which is what this is for.
    socket.on("error", () => undefined);
    converse(socket, image, log).catch((error: unknown) => {
      if (!socket.destroyed) failure = error;
      socket.destroy();
    });
  });
  server.listen(socketPath);
  await once(server, "listening");
  return {
    socketPath,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
      if (failure !== undefined) throw new Error("the block server failed", { cause: failure });
    },
  };
}

async function converse(socket: Socket, image: Image, log: WriteLog): Promise<void> {
  const bytes = new ByteReader(socket);
  if (await negotiate(socket, bytes, image.sizeBytes)) await transmit(socket, bytes, image, log);
  socket.end();
}

/** True when the client wants to go on with the disk. */
async function negotiate(socket: Socket, bytes: ByteReader, sizeBytes: number): Promise<boolean> {
  const hello = Buffer.alloc(18);
  hello.writeBigUInt64BE(INIT_MAGIC, 0);
  hello.writeBigUInt64BE(OPTION_MAGIC, 8);
  hello.writeUInt16BE(HANDSHAKE_FLAGS.fixedNewstyle | HANDSHAKE_FLAGS.noZeroes, 16);
  socket.write(hello);
  await bytes.take(4);
  for (;;) {
    const header = await bytes.take(16);
    const option = header.readUInt32BE(8);
    await bytes.take(header.readUInt32BE(12));
    const reply = (type: number, data: Buffer = Buffer.alloc(0)): void => {
      const head = Buffer.alloc(20);
      head.writeBigUInt64BE(REPLY_MAGIC, 0);
      head.writeUInt32BE(option, 8);
      head.writeUInt32BE(type, 12);
      head.writeUInt32BE(data.length, 16);
      socket.write(Buffer.concat([head, data]));
    };
    if (option === OPTIONS.abort) {
      reply(REPLIES.ack);
      return false;
    }
    if (option !== OPTIONS.go) {
      reply(REPLIES.unsupported);
      continue;
    }
    reply(REPLIES.info, exportInfo(sizeBytes));
    reply(REPLIES.info, blockSizeInfo());
    reply(REPLIES.ack);
    return true;
  }
}

function exportInfo(sizeBytes: number): Buffer {
  const info = Buffer.alloc(12);
  info.writeUInt16BE(INFO_EXPORT, 0);
  info.writeBigUInt64BE(BigInt(sizeBytes), 2);
  info.writeUInt16BE(
    Object.values(TRANSMISSION).reduce((flags, flag) => flags | flag, 0),
    10,
  );
  return info;
}

function blockSizeInfo(): Buffer {
  const info = Buffer.alloc(14);
  info.writeUInt16BE(INFO_BLOCK_SIZE, 0);
  info.writeUInt32BE(BLOCKS.smallest, 2);
  info.writeUInt32BE(BLOCKS.preferred, 6);
  info.writeUInt32BE(BLOCKS.largest, 10);
  return info;
}

/** One request after the other, so what was answered before a flush is what the flush is about. */
async function transmit(socket: Socket, bytes: ByteReader, image: Image, log: WriteLog): Promise<void> {
  for (;;) {
    const request = await bytes.take(28);
    if (request.readUInt32BE(0) !== REQUEST_MAGIC) throw new Error("a request without its magic number");
    const isDurable = (request.readUInt16BE(4) & FLAG_FUA) !== 0;
    const command = request.readUInt16BE(6);
    const offset = Number(request.readBigUInt64BE(16));
    const length = request.readUInt32BE(24);
    const answer = (error: number, data: Buffer = Buffer.alloc(0)): void => {
      const head = Buffer.alloc(16);
      head.writeUInt32BE(SIMPLE_REPLY_MAGIC, 0);
      head.writeUInt32BE(error, 4);
      request.copy(head, 8, 8, 16);
      socket.write(Buffer.concat([head, data]));
    };
    switch (command) {
      case COMMANDS.read:
        answer(0, image.read(offset, length));
        break;
      case COMMANDS.write: {
        const entry = { kind: "write", offset, data: await bytes.take(length), isDurable } as const;
        image.apply(entry);
        log.append(entry);
        answer(0);
        break;
      }
      case COMMANDS.trim:
      case COMMANDS.writeZeroes: {
        const entry = { kind: "zero", offset, length, isDurable } as const;
        image.apply(entry);
        log.append(entry);
        answer(0);
        break;
      }
      case COMMANDS.flush:
        log.append({ kind: "flush" });
        answer(0);
        break;
      case COMMANDS.disconnect:
        return;
      default:
        answer(EINVAL);
    }
  }
}

class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>; // No encoding was set.
  }

  async take(length: number): Promise<Buffer> {
    const parts = [this.#rest];
    let have = this.#rest.length;
    while (have < length) {
      const next = await this.#chunks.next();
      if (next.done === true) throw new Error("the connection ended in the middle of a message");
      parts.push(next.value);
      have += next.value.length;
    }
    const all = parts.length === 1 ? this.#rest : Buffer.concat(parts, have);
    this.#rest = all.subarray(length);
    return all.subarray(0, length);
  }
}
