import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { Server } from "../host.ts";

const loopback = "127.0.0.1";
/** As long as Linux remembers a UDP flow that is answered: net.netfilter.nf_conntrack_udp_timeout_stream. */
const udpIdleMs = 120_000;
const maxUdpClients = 1024;

export interface End {
  address: string;
  port: number;
}

/** Each connection becomes one to 127.0.0.1; what one side ends or breaks, the other side hears as the same. */
export async function relayTcp(from: End, toPort: number): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const guest = connect({ host: loopback, port: toPort, allowHalfOpen: true, noDelay: true });
    join(client, guest);
    for (const socket of [client, guest]) {
      sockets.add(socket);
      socket.once("close", () => void sockets.delete(socket));
    }
  });
  // Both families are listened on by themselves: what is asked for one must not take the port in the other.
  server.listen({ host: from.address, port: from.port, ipv6Only: true });
  await once(server, "listening");
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { close, [Symbol.asyncDispose]: close };
}

/** `pipe` passes on what is said and its end, and waits for a side that does not read. */
function join(one: Socket, other: Socket): void {
  for (const [socket, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    socket.pipe(peer);
    socket.on("error", () => void peer.resetAndDestroy());
    socket.once("close", () => {
      if (!socket.readableEnded) peer.destroy(); // Gone without an end that could be passed on.
    });
  }
}

/** Each client has a socket of its own towards 127.0.0.1, so that what comes back finds it. */
export async function relayUdp(from: End, toPort: number): Promise<Server> {
  const server = createSocket({ type: from.address.includes(":") ? "udp6" : "udp4", ipv6Only: true });
  const clients = new Map<string, { socket: UdpSocket; idle: NodeJS.Timeout }>();
  server.bind({ address: from.address, port: from.port, exclusive: true });
  await once(server, "listening");
  server.on("error", () => undefined); // Of one datagram: nothing is promised of those.
  server.on("message", (datagram, { address, port }) => {
    const name = `${address} ${port}`;
    const known = clients.get(name);
    if (known !== undefined) {
      known.idle.refresh();
      known.socket.send(datagram, toPort, loopback);
      return;
    }
    if (clients.size >= maxUdpClients) return;
    const socket = createSocket("udp4");
    const idle = setTimeout(() => void socket.close(), udpIdleMs).unref();
    clients.set(name, { socket, idle });
    socket.on("error", () => undefined);
    socket.once("close", () => {
      clearTimeout(idle);
      clients.delete(name);
    });
    socket.on("message", (answer) => {
      idle.refresh();
      server.send(answer, port, address);
    });
    socket.send(datagram, toPort, loopback);
  });
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    for (const { socket } of [...clients.values()]) socket.close();
    const closed = once(server, "close");
    server.close();
    await closed;
  };
  return { close, [Symbol.asyncDispose]: close };
}
