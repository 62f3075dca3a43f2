import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import type { ClientChannel, Client } from "ssh2";
import { usageError } from "../errors.ts";
import type { Server } from "../host.ts";
import { Connections } from "../host/tracked-server.ts";

/** A port of this host's loopback that leads to what listens somewhere in reach of the guest. */
export interface LocalForward {
  address: "127.0.0.1" | "::1";
  port: number;
  /** A name or an address as the guest knows it. */
  host: string;
  hostPort: number;
}

const loopbacks: Readonly<Record<string, LocalForward["address"]>> = {
  "": "127.0.0.1",
  localhost: "127.0.0.1",
  "127.0.0.1": "127.0.0.1",
  "[::1]": "::1",
};

/** `[address:]port:host:hostport` as `ssh -L` takes it, an IPv6 address in brackets. Throws UserError `usage`. */
export function parseLocalForward(text: string): LocalForward {
  const word = String.raw`(\[[^\]]*\]|[^:[\]]*)`;
  const [, , bind = "", port = "", host = "", hostPort = ""] =
    new RegExp(`^(${word}:)?(\\d{1,5}):${word}:(\\d{1,5})$`).exec(text) ?? [];
  const isWhole = host !== "" && [port, hostPort].every((digits) => Number(digits) >= 1 && Number(digits) <= 65_535);
  if (!isWhole)
    throw usageError(`-L ${text}: expected port:host:hostport`, "For example: boot2docker ssh -L 5432:172.17.0.2:5432");
  const address = Object.hasOwn(loopbacks, bind) ? loopbacks[bind] : undefined;
  if (address === undefined) {
    throw usageError(
      `-L ${text}: ${bind} is not this host's loopback`,
      "For the network: docker run -p, and boot2docker set publish=all",
    );
  }
  return { address, port: Number(port), host: host.replace(/^\[|\]$/g, ""), hostPort: Number(hostPort) };
}

/**
 * Listens until it is closed. `onFailure` hears of a connection that could not be led there. Fails with the system's code when the port
 * can't be had.
 */
export async function openLocalForward(
  client: Client,
  { address, port, host, hostPort }: LocalForward,
  onFailure: (message: string) => void,
): Promise<Server> {
  const connections = new Connections();
  const lead = async (socket: Socket): Promise<void> => {
    try {
      const channel = await forwardOut(client, socket, host, hostPort);
      await Promise.all([pipeline(socket, channel), pipeline(channel, socket)]).catch(() => undefined); // Broken off by an end of it.
    } catch (error) {
      // Nothing listens there, or nobody knows the name: the server says no more.
      const reason = error instanceof Error && !error.message.includes("open failure") ? `: ${error.message}` : "";
      onFailure(`the machine does not reach ${host}:${hostPort}${reason}`);
    } finally {
      socket.destroy();
    }
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    connections.keep(socket);
    socket.on("error", () => undefined); // It may leave before there is somebody to tell.
    void lead(socket);
  });
  server.listen({ host: address, port });
  await once(server, "listening");
  return connections.serverOf(server);
}

function forwardOut(client: Client, socket: Socket, host: string, port: number): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.forwardOut(socket.localAddress ?? "", socket.remotePort ?? 0, host, port, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(error);
    });
  });
}
