import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import { machineOf, rootDir } from "./dir.ts";

/** Below the ports that Linux (32768) and macOS (49152) hand out themselves, so that no outgoing connection has one. */
const firstPort = 23760;
const pairs = 4000;

export interface MachinePorts {
  dockerPort: number;
  sshPort: number;
}

/**
 * Candidates in the order of trying; both ports of a pair belong to one machine. `seed` decides where it begins: the
 * stopped machines of other users and directories are not known, and all would take the first pair.
 */
export function portPairs(seed: string, taken: ReadonlySet<number>): MachinePorts[] {
  const start = hash(seed) % pairs;
  return Array.from({ length: pairs }, (_, index) => firstPort + 2 * ((start + index) % pairs))
    .filter((first) => !taken.has(first) && !taken.has(first + 1))
    .map((first) => ({ dockerPort: first, sshPort: first + 1 }));
}

export interface PortRange {
  first: number;
  last: number;
}

/** Below all ports that systems hand out themselves, too. */
const firstDynamic = 10_000;
const rangePorts = 1000;
const ranges = 10;

/**
 * What the engine of a machine hands out by itself (`docker run -P`): a thousand ports of its own, so that two machines do
 * not both choose the same. With more than ten of them some have to share.
 */
export function chooseDynamicPorts(seed: string, taken: readonly PortRange[]): PortRange {
  const start = hash(seed) % ranges;
  const candidates = Array.from({ length: ranges }, (_, index) => {
    const first = firstDynamic + rangePorts * ((start + index) % ranges);
    return { first, last: first + rangePorts - 1 };
  });
  const sharers = ({ first }: PortRange): number => taken.filter((other) => other.first === first).length;
  return candidates.reduce((best, candidate) => (sharers(candidate) < sharers(best) ? candidate : best));
}

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hash(text: string): number {
  return [...new TextEncoder().encode(text)].reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
}

/** Free on this host now and of no other machine. Throws UserError `ports-exhausted`. */
export async function choosePorts(host: Host, seed: string, taken: ReadonlySet<number>): Promise<MachinePorts> {
  for (const pair of portPairs(seed, taken)) {
    const free = (await host.network.isPortFree(pair.dockerPort)) && (await host.network.isPortFree(pair.sshPort));
    if (free) return pair;
  }
  throw new UserError(`no free pair of ports from ${firstPort} to ${firstPort + 2 * pairs - 1} on 127.0.0.1`, {
    code: "ports-exhausted",
    hint: "Remove a machine that is no longer needed, or end the programs that listen there.",
  });
}

/** Throws UserError `port-taken`, which says by whom when that can be found out. */
export async function checkPortsFree(host: Host, ports: MachinePorts, signal: AbortSignal): Promise<void> {
  for (const port of [ports.dockerPort, ports.sshPort]) {
    if (await host.network.isPortFree(port)) continue;
    throw portTaken(port, await portOwner(host, "tcp", port, signal));
  }
}

function portTaken(port: number, owner: string | undefined): UserError {
  return new UserError(`port ${port} on 127.0.0.1 is taken${owner === undefined ? "" : ` by ${owner}`}`, {
    code: "port-taken",
    hint: "End that program and try again: a machine keeps its ports for life, so that open shells stay right.",
  });
}

/** So Linux names every program that runs in Node 24, by its first thread. */
const nodesThread = "MainThread";

/** Who listens there, as far as this user may know: what carries a machine's ports goes by the machine's name. */
export async function portOwner(
  host: Host,
  protocol: "tcp" | "udp",
  port: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [command, ...args] = listenerQuery(host, protocol, port);
  const program = command === undefined ? undefined : await host.processes.find(command);
  if (program === undefined) return undefined;
  const { stdout } = await host.processes.run(program, args, signal);
  const listening = host.platform === "linux" ? parseSs(stdout) : parseLsof(stdout);
  if (listening === undefined) return undefined;
  const { name, pid } = listening;
  const commandLine = (await host.processes.identify(pid))?.commandLine ?? "";
  const machine = machineOf(rootDir(host), commandLine);
  const who = name === nodesThread ? (/^(?:\S*\/)?(\S+)/.exec(commandLine)?.[1] ?? name) : name;
  return machine === undefined ? `${who} (process ${pid})` : `machine ${machine} (${who}, process ${pid})`;
}

function listenerQuery(host: Host, protocol: "tcp" | "udp", port: number): string[] {
  switch (host.platform) {
    case "linux":
      return ["ss", protocol === "tcp" ? "-Hltnp" : "-Hlunp", `sport = :${port}`];
    case "darwin":
      return protocol === "tcp"
        ? ["lsof", "-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"]
        : ["lsof", "-nP", `-iUDP:${port}`, "-Fpc"];
    case "win32":
      return [];
  }
}

interface Listening {
  name: string;
  pid: number;
}

/** `… users:(("python3",pid=7,fd=3))` at the end of a line; nothing there for another user's process. ss(8) */
export function parseSs(text: string): Listening | undefined {
  const [, name, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(text) ?? [];
  return name === undefined ? undefined : { name, pid: Number(pid) };
}

/** Lines of one field each, `p` for the process and `c` for its name. lsof(8), OUTPUT FOR OTHER PROGRAMS */
export function parseLsof(text: string): Listening | undefined {
  const pid = /^p(\d+)$/m.exec(text)?.[1];
  const name = /^c(.+)$/m.exec(text)?.[1];
  return pid === undefined || name === undefined ? undefined : { name, pid: Number(pid) };
}
