import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { NameClient } from "../system.ts";

const PORT = 53;
/** On TCP each message has its length before it, in two bytes. */
const LENGTH_BYTES = 2;
const MOST_CONNECTIONS = 64;
const IDLE_MS = 10_000;
const LONGEST_CONNECTION_MS = 60_000;
const MOST_QUERIES = 256;

type Answer = (query: Uint8Array, from: NameClient) => Promise<Uint8Array | undefined>;

export async function serveNames(address: string, answer: Answer, port = PORT): Promise<void> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { address: client, port: clientPort }) => {
    // None that could be answered.
    if (clientPort === 0) return;
    answer(query, { protocol: "udp", client })
      .then((response) => {
        // A client that is gone is none of ours.
        if (response !== undefined) socket.send(response, clientPort, client, () => undefined);
      })
      .catch(() => undefined); // It hears nothing, and asks again.
  });
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    void serveConnection(connection, answer);
  });
  server.maxConnections = MOST_CONNECTIONS;
  socket.bind(port, address);
  await once(socket, "listening");
  try {
    server.listen(port, address);
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
  const client = connection.remoteAddress ?? "";
  const signal = AbortSignal.timeout(LONGEST_CONNECTION_MS);
  const end = (): void => void connection.destroy();
  signal.addEventListener("abort", end, { once: true });
  let left = MOST_QUERIES;
  try {
    for await (const query of messagesOf(connection)) {
      const response = await answer(query, { protocol: "tcp", client });
      if (response === undefined || (left -= 1) < 0) break;
      // Who takes no answers is asked for no more questions.
      if (!connection.write(frame(response))) await once(connection, "drain", { signal });
    }
  } catch {
    // Its end, not ours.
  }
  signal.removeEventListener("abort", end);
  connection.end();
}

export async function askOverTcp(
  address: string,
  query: Uint8Array,
  signal: AbortSignal,
  port = PORT,
): Promise<Uint8Array> {
  const connection = connect({ host: address, port, signal });
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
