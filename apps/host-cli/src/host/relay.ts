import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import type { EngineEnd, Server } from "../host.ts";
import { Connections } from "./tracked-server.ts";

const loopback = "127.0.0.1";
/** As long as Linux remembers a UDP flow: net.netfilter.nf_conntrack_udp_timeout. */
const udpIdleMs = 30_000;
const maxUdpClients = 1024;

export interface End {
  address: string;
  port: number;
}

/** Each connection becomes one to 127.0.0.1; what one side ends or breaks, the other side hears as the same. */
export async function relayTcp(from: End, toPort: number): Promise<Server> {
  const connections = new Connections();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const guest = connect({ host: loopback, port: toPort, allowHalfOpen: true, noDelay: true });
    connections.keep(client, guest);
    join(client, guest, (socket) => void socket.resetAndDestroy());
  });
  // Both families are listened on by themselves: what is asked for one must not take the port in the other.
  server.listen({ host: from.address, port: from.port, ipv6Only: true });
  await once(server, "listening");
  return connections.serverOf(server);
}

/** As Network's `relayUnix`. */
export async function relayUnix(path: string, dial: () => Promise<readonly EngineEnd[]>): Promise<Server> {
  await rm(path, { force: true });
  const connections = new Connections();
  const admit = async (client: Socket): Promise<void> => {
    try {
      const engine = await connectFirst(await dial());
      connections.keep(engine);
      join(client, engine, (socket) => void socket.destroy());
    } catch {
      client.destroy(); // A client reads that as an engine that is not there.
    }
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections.keep(client);
    client.on("error", () => undefined); // It may leave before there is somebody to tell.
    void admit(client);
  });
  server.listen({ path });
  await once(server, "listening");
  await chmod(path, 0o600);
  return connections.serverOf(server);
}

async function connectFirst(ends: readonly EngineEnd[]): Promise<Socket> {
  let failure: unknown;
  for (const end of ends) {
    try {
      return await connectEngine(end);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function connectEngine(end: EngineEnd): Promise<Socket> {
  if ("socketPath" in end) {
    const socket = connect({ path: end.socketPath, allowHalfOpen: true });
    await once(socket, "connect");
    return socket;
  }
  const { connect: connectTls } = await import("node:tls");
  const { port, ca, cert, key, serverName } = end;
  // It takes over from its carrier that one side may end before the other.
  const carrier = connect({ host: loopback, port, allowHalfOpen: true });
  const socket = connectTls({ socket: carrier, ca, cert, key, servername: serverName });
  await once(socket, "secureConnect");
  return socket;
}

/** `pipe` passes on what is said and its end, and waits for a side that does not read. `breakOff` tells the peer of a broken one. */
function join(one: Socket, other: Socket, breakOff: (peer: Socket) => void): void {
  for (const [socket, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    socket.pipe(peer);
    socket.on("error", () => breakOff(peer));
    socket.once("close", () => {
      if (!socket.readableEnded) peer.destroy(); // Gone without an end that could be passed on.
    });
  }
}

/** For an address of its own family alone. */
export function openUdp(address: string): UdpSocket {
  return createSocket(address.includes(":") ? { type: "udp6", ipv6Only: true } : { type: "udp4" });
}

/** Each client has a socket of its own towards 127.0.0.1, so that what comes back finds it. */
export async function relayUdp(from: End, toPort: number): Promise<Server> {
  const server = openUdp(from.address);
  const clients = new Map<string, { socket: UdpSocket; idle: NodeJS.Timeout }>();
  server.bind({ address: from.address, port: from.port, exclusive: true });
  await once(server, "listening");
  server.on("error", () => undefined); // Of one datagram: nothing is promised of those.
  server.on("message", (datagram, { address, port }) => {
    const name = `${address} ${port}`;
    const known = clients.get(name);
    if (known !== undefined) {
      known.idle.refresh();
      // The one that was silent for longest is the first.
      clients.delete(name);
      clients.set(name, known);
      known.socket.send(datagram, toPort, loopback);
      return;
    }
    if (clients.size >= maxUdpClients) clients.values().next().value?.socket.close();
    const socket = createSocket("udp4");
    const idle = setTimeout(() => void socket.close(), udpIdleMs).unref();
    clients.set(name, { socket, idle });
    socket.on("error", () => undefined);
    socket.once("close", () => {
      clearTimeout(idle);
      if (clients.get(name)?.socket === socket) clients.delete(name);
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
