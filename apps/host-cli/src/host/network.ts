import { once } from "node:events";
import { lookup as resolveName } from "node:dns/promises";
import { chmod, rm } from "node:fs/promises";
import { type AddressInfo, createServer, connect, type Socket } from "node:net";
import type { Channel } from "@boot2docker/protocol";
import type { HttpsAnswer, HttpsRequest, Network, Protocol, Server } from "../host.ts";
import { Connections } from "./tracked-server.ts";
import { serveFolders } from "./folder-server.ts";
import { openUdp, relayTcp, relayUdp, relayUnix } from "./relay.ts";

const loopback = "127.0.0.1";
const maxBodyBytes = 16 * 2 ** 20;

export const nodeNetwork: Network = {
  connectUnix,
  listenUnix,
  isPortFree,
  bindFailure,
  freePort,
  relay: (protocol, from, toPort) => (protocol === "tcp" ? relayTcp(from, toPort) : relayUdp(from, toPort)),
  relayUnix,
  serveFolders,
  lookup,
  httpsGet,
};

async function lookup(name: string): Promise<string[]> {
  try {
    return (await resolveName(name, { all: true })).map(({ address }) => address);
  } catch {
    return []; // It does not tell a name that nobody has from a network that is away.
  }
}

async function connectUnix(path: string, signal: AbortSignal): Promise<Channel> {
  const socket = connect({ path });
  try {
    await once(socket, "connect", { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return channelOf(socket);
}

async function listenUnix(path: string, onConnection: (channel: Channel) => void): Promise<Server> {
  await rm(path, { force: true });
  const connections = new Connections();
  const server = createServer((socket) => {
    connections.keep(socket);
    onConnection(channelOf(socket));
  });
  server.listen({ path });
  await once(server, "listening");
  await chmod(path, 0o600);
  return connections.serverOf(server);
}

/** An error of the socket ends `incoming` with it; this listener only keeps it from ending the process. */
function channelOf(socket: Socket): Channel {
  socket.on("error", () => undefined);
  return {
    incoming: readSocket(socket),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
    close: async () => {
      if (socket.destroyed) return;
      const closed = once(socket, "close");
      socket.destroy(); // What `write` resolved for is the system's already; a peer that does not read can't hold us.
      await closed;
    },
  };
}

/** Closing our own end is an end like the peer's, not a failure of the carrier. */
async function* readSocket(socket: Socket): AsyncIterable<Uint8Array> {
  try {
    yield* socket;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")) throw error;
  }
}

async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host: loopback, port, exclusive: true });
    await once(server, "listening");
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "EADDRINUSE" || error.code === "EACCES"))
      return false;
    throw error;
  } finally {
    server.close();
  }
}

async function bindFailure(protocol: Protocol, address: string, port: number): Promise<string | undefined> {
  try {
    await bindOnce(protocol, address, port);
    return undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error) return String(error.code);
    throw error;
  }
}

async function freePort(protocol: Protocol): Promise<number> {
  return bindOnce(protocol, loopback, 0);
}

/** Returns the port, which is free again. */
async function bindOnce(protocol: Protocol, host: string, port: number): Promise<number> {
  if (protocol === "udp") {
    const socket = openUdp(host);
    try {
      socket.bind({ address: host, port, exclusive: true });
      await once(socket, "listening");
      return socket.address().port;
    } finally {
      socket.close();
    }
  }
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true, ipv6Only: true });
    await once(server, "listening");
    return portOf(server.address());
  } finally {
    server.close();
  }
}

/** A server that listens on TCP has an address and a port. */
function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function httpsGet(target: HttpsRequest, signal: AbortSignal): Promise<HttpsAnswer> {
  // Only here: loading them is most of a short command's time.
  const [{ request }, { TLSSocket }] = await Promise.all([import("node:https"), import("node:tls")]);
  const { port, path, ca, cert, key, serverName } = target;
  return new Promise((resolve, reject) => {
    const options = { host: loopback, port, path, ca, cert, key, servername: serverName, agent: false, signal };
    const outgoing = request(options, (response) => {
      // `agent: false` makes a socket for this request alone.
      const certificate = response.socket instanceof TLSSocket && response.socket.getPeerX509Certificate();
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body = (body + text).slice(0, maxBodyBytes);
      });
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, body, certificatePem: certificate ? certificate.toString() : "" });
      });
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
