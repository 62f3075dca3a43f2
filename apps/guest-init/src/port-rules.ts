import { isIPv4 } from "./ip-address.ts";
import type { System } from "./system.ts";

/** What comes to a port of the guest goes on to a container. */
export interface PortRule {
  protocol: "tcp" | "udp";
  guestPort: number;
  /** IPv4. */
  containerAddress: string;
  containerPort: number;
}

/** In front of Docker's own rules: the address that a port was published on does not matter here, the host has seen to it. */
const CHAIN = "BOOT2DOCKER-PORTS";
const IPTABLES = "/usr/sbin/iptables";
/** For whoever holds the lock of the tables: dockerd does. */
const WAIT_S = "10";

/** Replaces the chain as a whole, in one go. iptables-restore(8): a chain that is named is emptied. */
export function renderRules(rules: readonly PortRule[]): string {
  const lines = rules.map(
    ({ protocol, guestPort, containerAddress, containerPort }) =>
      `-A ${CHAIN} -p ${protocol} -m ${protocol} --dport ${guestPort} -j DNAT --to-destination ${containerAddress}:${containerPort}`,
  );
  return ["*nat", `:${CHAIN} - [0:0]`, ...lines, "COMMIT", ""].join("\n");
}

/** Of `iptables -S`. */
export function parseRules(text: string): PortRule[] {
  const rows = text.matchAll(/-p (tcp|udp) .*--dport (\d+) -j DNAT --to-destination ([\d.]+):(\d+)$/gm);
  return [...rows].flatMap(([, protocol, guestPort, containerAddress = "", containerPort]) =>
    isIPv4(containerAddress)
      ? [
          {
            protocol: protocol === "udp" ? "udp" : "tcp",
            guestPort: Number(guestPort),
            containerAddress,
            containerPort: Number(containerPort),
          },
        ]
      : [],
  );
}

/** Of an earlier guest-init; empty when there was none. */
export async function readRules({ processes }: System, signal: AbortSignal): Promise<PortRule[]> {
  const { code, stdout } = await processes.run([IPTABLES, "-w", WAIT_S, "-t", "nat", "-S", CHAIN], signal);
  return code === 0 ? parseRules(stdout) : [];
}

export async function writeRules(
  rules: readonly PortRule[],
  { processes }: System,
  signal: AbortSignal,
): Promise<void> {
  const input = renderRules(rules);
  const { code, stderr } = await processes.run([`${IPTABLES}-restore`, "-w", WAIT_S, "-n"], signal, { input });
  if (code !== 0) throw new Error(`iptables-restore ended with code ${String(code)}: ${stderr.trim()}`);
}

/**
 * By which the kernel decides for what comes in by a card, and for what a program of the guest sends. Not for what other
 * containers send: the host may have been asked for its loopback only, and they would come past that.
 */
const HOOKS = [["PREROUTING", "-i", "eth+"], ["OUTPUT"]];

/** Has what is for the guest itself pass the chain, before Docker's. Idempotent. The chain must be there. */
export async function enterChain({ processes }: System, signal: AbortSignal): Promise<void> {
  for (const hook of HOOKS) {
    const run = (how: "-C" | "-I") => {
      const rule = [...hook, "-m", "addrtype", "--dst-type", "LOCAL", "-j", CHAIN];
      return processes.run([IPTABLES, "-w", WAIT_S, "-t", "nat", how, ...rule], signal);
    };
    if ((await run("-C")).code === 0) continue;
    const { code, stderr } = await run("-I");
    if (code !== 0) throw new Error(`iptables ended with code ${String(code)}: ${stderr.trim()}`);
  }
}
