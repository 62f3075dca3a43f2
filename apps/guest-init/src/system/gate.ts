import { once } from "node:events";
import { BlockList, connect, createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import type { Gate } from "../system.ts";

const RETRY_MS = 20;
/** Nothing answers at an address that the container has not got yet. */
const ATTEMPT_MS = 1_000;

/** As System's `network.openGate`. */
export async function openGate(
  port: number,
  target: { address: string; port: number },
  onAnswered: () => void,
  signal: AbortSignal,
): Promise<Gate> {
  const sockets = new Set<Socket>();
  let isOver = false;
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined); // "close" follows, and is heard.
    socket.once("close", () => void sockets.delete(socket));
  };
  const waiting: Socket[] = [];
  let isServing = false;
  let taken = 0;
  /** One attempt at a time, whoever waits: a crowd must not take the processor from the server that they wait for. */
  const serve = async (): Promise<void> => {
    if (isServing) return;
    isServing = true;
    for (let client = next(waiting); client !== undefined; client = next(waiting)) {
      const server = await dial(target);
      if (server !== undefined) {
        track(server);
        onAnswered();
        join(client, server);
      } else if (isOver) {
        client.resetAndDestroy();
      } else {
        waiting.unshift(client);
        await delay(RETRY_MS);
      }
    }
    isServing = false;
  };
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    taken += 1;
    track(client);
    if (!isFromOutside(client)) {
      client.resetAndDestroy();
      return;
    }
    waiting.push(client);
    void serve();
  });
  listener.listen({ port, host: "0.0.0.0" });
  await once(listener, "listening");
  listener.on("error", () => undefined); // Of one connection that could not be taken: its client hears it.
  /** libuv takes one connection in each turn of its loop; to close before all are taken that the kernel has let in breaks those off. */
  const shut = async (): Promise<void> => {
    for (let before = -1; before !== taken;) {
      before = taken;
      await turn();
      await turn();
    }
    listener.close();
  };
  const gate = {
    shut: () => void shut(),
    sendAway: () => {
      isOver = true;
    },
  };
  const end = (): void => {
    listener.close();
    gate.sendAway();
    for (const socket of sockets) socket.destroy();
  };
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  return gate;
}

/** The one who came first and is still there. */
function next(waiting: Socket[]): Socket | undefined {
  for (;;) {
    const client = waiting.shift();
    if (client?.destroyed !== true) return client;
  }
}

/** From the guest itself or its card's network. Other containers are neither: they would come past what was published where. */
function isFromOutside({ localAddress = "", remoteAddress = "" }: Socket): boolean {
  const allowed = new BlockList();
  const own = Object.entries(networkInterfaces()).filter(([name]) => /^(lo|eth)/.test(name));
  for (const { address, netmask, family } of own.flatMap(([, entries]) => entries ?? [])) {
    const bits = netmask.split(".").reduce((sum, byte) => sum + Number(byte).toString(2).replaceAll("0", "").length, 0);
    if (family === "IPv4" && address === localAddress) allowed.addSubnet(address, bits);
  }
  return allowed.check(remoteAddress);
}

async function dial({ address, port }: { address: string; port: number }): Promise<Socket | undefined> {
  const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(ATTEMPT_MS) });
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}

/** `pipe` passes on what is said and its end, and waits for a side that does not read. */
function join(client: Socket, server: Socket): void {
  for (const [socket, peer] of [
    [client, server],
    [server, client],
  ] as const) {
    socket.pipe(peer);
    socket.on("error", () => void peer.resetAndDestroy());
    socket.once("close", () => {
      if (!socket.readableEnded) peer.destroy(); // Gone without an end that could be passed on.
    });
  }
}
