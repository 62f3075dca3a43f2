import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { openQemuMonitor } from "@boot2docker/host-cli/src/driver/qemu-monitor.ts";
import { connectQmp } from "@boot2docker/host-cli/src/driver/qmp.ts";
import { askAgent, hostOf } from "../harness/agent.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { importProgram } from "../harness/program-image.ts";
import { must } from "../harness/run.ts";
import { portServer } from "./port-server.ts";

const bytes = 64 << 20;
const transfers = 3;
const requests = 400;
const warmUps = 50;
const loopback = "127.0.0.1";
const publishedPort = 8061;
const barePort = 8062;
const nativePort = 8063;
const limitMs = 60_000;

export interface PortFigures {
  /** MiB/s of one stream; of several transfers the median. */
  downMiBPerSecond: number;
  upMiBPerSecond: number;
  /** Of connect, one byte there and back, close. */
  requestMs: Spread;
  /** Of one byte there and back on a connection that is open. */
  roundTripMs: Spread;
}

interface Spread {
  median: number;
  p99: number;
}

/** One server, by what leads to it. */
export type PortsFigures = Record<"native" | "published" | "hostfwd", PortFigures>;

export async function benchPorts(log: (line: string) => void): Promise<PortsFigures> {
  await using box = await makeSandbox();
  await box.ok("up");
  const { env } = box;
  await importProgram(box.dockerClient, process.execPath, "node", { env });
  const publish = ["-p", `${publishedPort}:80`];
  await must(box.dockerClient, ["run", "-d", ...publish, "node", "-e", portServer(80, bytes)], { env });
  await forwardBare(box);
  const run = async (name: string, port: number): Promise<PortFigures> => {
    log(name);
    return measure(port);
  };
  const published = await run("published port", publishedPort);
  const hostfwd = await run("QEMU's hostfwd", barePort);
  const server = spawn(process.execPath, ["-e", portServer(nativePort, bytes)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(server.stdout, "data");
    return { native: await run("native", nativePort), published, hostfwd };
  } finally {
    server.kill();
    await once(server, "exit");
  }
}

/** To the very port of the guest that the published one leads to, which is there: `docker run` has returned. */
async function forwardBare(box: Sandbox): Promise<void> {
  const { host, dir } = hostOf(box);
  const { ports } = await askAgent(box, "ports.list", {});
  const guestPort = ports.find(({ hostPort }) => hostPort === publishedPort)?.guestPort;
  if (guestPort === undefined) throw new Error("the container's port is not published");
  const limit = AbortSignal.timeout(limitMs);
  const channel = await host.network.connectUnix(dir.commandMonitor, limit);
  const monitor = openQemuMonitor(await connectQmp(channel, host.clock, limit));
  const forward = { protocol: "tcp", hostAddress: loopback, hostPort: barePort, guestPort } as const;
  const isAdded = await monitor.addForward(forward, limit);
  await monitor.close();
  if (!isAdded) throw new Error(`QEMU does not forward port ${barePort}`);
}

async function measure(port: number): Promise<PortFigures> {
  await repeat(warmUps, () => request(port));
  const requestMs = spread(await repeat(requests, () => request(port)));
  const roundTripMs = spread(await roundTrips(port));
  const downMs = spread(await repeat(transfers, () => receive(port)));
  const upMs = spread(await repeat(transfers, () => send(port)));
  return {
    downMiBPerSecond: perSecond(downMs.median),
    upMiBPerSecond: perSecond(upMs.median),
    requestMs,
    roundTripMs,
  };
}

const perSecond = (ms: number): number => bytes / 2 ** 20 / (ms / 1000);

/** Milliseconds of each time. */
async function repeat(times: number, work: () => Promise<void>): Promise<number[]> {
  const took: number[] = [];
  for (let done = 0; done < times; done += 1) {
    const from = performance.now();
    await work();
    took.push(performance.now() - from);
  }
  return took;
}

async function request(port: number): Promise<void> {
  const socket = await open(port);
  await exchange(socket);
  socket.end();
  await once(socket, "close");
}

async function roundTrips(port: number): Promise<number[]> {
  const socket = await open(port);
  await repeat(warmUps, () => exchange(socket));
  const took = await repeat(requests, () => exchange(socket));
  socket.destroy();
  return took;
}

async function receive(port: number): Promise<void> {
  const socket = await open(port);
  let received = 0;
  socket.on("data", (data: Buffer) => {
    received += data.length;
  });
  socket.write("d");
  await once(socket, "end");
  socket.end();
  await once(socket, "close");
  if (received !== bytes) throw new Error(`${received} bytes came instead of ${bytes}`);
}

async function send(port: number): Promise<void> {
  const socket = await open(port);
  const block = Buffer.alloc(65_536, 1);
  socket.write("u");
  for (let sent = 0; sent < bytes; sent += block.length) {
    if (!socket.write(block)) await once(socket, "drain");
  }
  await once(socket, "data");
  socket.end();
  await once(socket, "close");
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: loopback, port, noDelay: true });
  await once(socket, "connect");
  return socket;
}

async function exchange(socket: Socket): Promise<void> {
  socket.write("e");
  await once(socket, "data");
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { median: at(0.5), p99: at(0.99) };
}

export function renderPorts(figures: PortsFigures): string {
  const labels = { native: "native, on the host", published: "published port", hostfwd: "QEMU's hostfwd" };
  const cell = (text: string): string => text.padStart(16);
  const ms = ({ median, p99 }: Spread): string => cell(`${median.toFixed(2)} / ${p99.toFixed(2)}`);
  const rows = (["native", "published", "hostfwd"] as const).map((way) => {
    const { downMiBPerSecond, upMiBPerSecond, requestMs, roundTripMs } = figures[way];
    const speed = cell(`${downMiBPerSecond.toFixed(1)} / ${upMiBPerSecond.toFixed(1)}`);
    return `${labels[way].padEnd(20)}${speed}${ms(requestMs)}${ms(roundTripMs)}`;
  });
  return [
    "ports: MiB/s of one stream, and ms, median / 99th percentile",
    `${"".padEnd(20)}${cell("down / up")}${cell("request")}${cell("round trip")}`,
    ...rows,
    "",
  ].join("\n");
}
