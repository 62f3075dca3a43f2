import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { NameProtocol } from "../system.ts";

const PORT = 53;
/** On TCP each message has its length before it, in two bytes. */
const LENGTH_BYTES = 2;
const MOST_CONNECTIONS = 64;
const IDLE_MS = 10_000;

type Answer = (query: Uint8Array, protocol: NameProtocol) => Promise<Uint8Array | undefined>;

export async function serveNames(address: string, answer: Answer): Promise<void> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { address: client, port }) => {
    answer(query, "udp").then(
      (response) => {
        // A client that is gone is none of ours.
        if (response !== undefined) socket.send(response, port, client, () => undefined);
      },
      () => undefined, // It hears nothing, and asks again.
    );
  });
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    void serveConnection(connection, answer);
  });
  server.maxConnections = MOST_CONNECTIONS;
  socket.bind(PORT, address);
  await once(socket, "listening");
  try {
    server.listen(PORT, address);
    await once(server, "listening");
  } catch (error) {
    socket.close();
    throw error;
  }
  // What comes of a single datagram or connection later.
  for (const one of [socket, server]) one.on("error", () => undefined);
}

async function serveConnection(connection: Socket, answer: Answer): Promise<void> {
  // What goes wrong with it ends it: the loop below, or what is written after that.
  connection.on("error", () => undefined);
  connection.setTimeout(IDLE_MS, () => void connection.destroy());
  try {
    for await (const query of messagesOf(connection)) {
      const response = await answer(query, "tcp");
      if (response === undefined) break;
      connection.write(frame(response));
    }
  } catch {
    // Its end, not ours.
  }
  connection.end();
}

export async function askOverTcp(address: string, query: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const connection = connect({ host: address, port: PORT, signal });
  try {
    connection.write(frame(query));
    for await (const response of messagesOf(connection)) return response;
    throw new Error(`${address} ended the connection without an answer`);
  } finally {
    connection.destroy();
  }
}

function frame(message: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(LENGTH_BYTES + message.length);
  framed.writeUInt16BE(message.length);
  framed.set(message, LENGTH_BYTES);
  return framed;
}

async function* messagesOf(connection: Socket): AsyncIterable<Uint8Array> {
  let pending = Buffer.alloc(0);
  for await (const chunk of connection as AsyncIterable<Buffer>) {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const end = pending.length < LENGTH_BYTES ? Infinity : LENGTH_BYTES + pending.readUInt16BE();
      if (pending.length < end) break;
      yield pending.subarray(LENGTH_BYTES, end);
      pending = pending.subarray(end);
    }
  }
}
