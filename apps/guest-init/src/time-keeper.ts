import { correctClock } from "./clock.ts";
import type { HostLink } from "./host-link.ts";
import type { Fields } from "./log.ts";
import { askTimeServer } from "./ntp.ts";
import { NTP_SERVERS_FILE, PROFILE } from "./paths.ts";
import { messageOf } from "./problem.ts";
import { readBounded } from "./read-bounded.ts";
import { parseAssignments } from "./shell-assignments.ts";
import type { System } from "./system.ts";

/** boot2docker's own names in the pool, so that its operators know whom to talk to. */
const DEFAULT_SERVERS = ["0.boot2docker.pool.ntp.org", "1.boot2docker.pool.ntp.org", "2.boot2docker.pool.ntp.org"];
/** How long the host may be silent before others are asked. */
const LOOK_MS = 30_000;
/** The pool asks for no more than this from one that is not precise. */
const ASK_AGAIN_MS = 1_024_000;
const RETRY_MS = 64_000;
const ANSWER_LIMIT_MS = 5_000;

export interface TimeKeeper {
  system: System;
  link: Pick<HostLink, "connection">;
  report: (name: string, fields: Fields) => void;
}

/** The host says what time it is. While there is none, time servers are asked. Ends only with `signal`. */
export async function keepTime(keeper: TimeKeeper, signal: AbortSignal): Promise<void> {
  const { system, link, report } = keeper;
  let askAtMs = 0;
  let isTold = false;
  for (;;) {
    try {
      await system.clock.wait(LOOK_MS, signal);
    } catch {
      return; // told to end
    }
    if (link.connection !== undefined || system.clock.uptimeMs() < askAtMs) continue;
    try {
      await askInTurn(keeper, signal);
      askAtMs = system.clock.uptimeMs() + ASK_AGAIN_MS;
      isTold = false;
    } catch (error) {
      askAtMs = system.clock.uptimeMs() + RETRY_MS;
      if (!isTold) report("clock.unknown", { reason: messageOf(error) });
      isTold = true;
    }
  }
}

/** The first server that answers is believed. */
async function askInTurn({ system, report }: TimeKeeper, signal: AbortSignal): Promise<void> {
  const { clock, network } = system;
  const problems: string[] = [];
  for (const server of await listServers(system)) {
    try {
      const nonce = new TextEncoder().encode(clock.randomId());
      const now = await askTimeServer(server, nonce, network, clock, clock.deadline(ANSWER_LIMIT_MS, signal));
      report("clock.compared", { server, offsetMs: Math.round(correctClock(now, clock)) });
      return;
    } catch (error) {
      signal.throwIfAborted();
      problems.push(`${server}: ${messageOf(error)}`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join("; "));
}

/** `NTP_SERVER` of the profile, which is blank when nobody is to be asked; what DHCP told; or the pool. */
async function listServers({ files }: System): Promise<readonly string[]> {
  const { assignments } = parseAssignments((await readBounded(PROFILE, files)) ?? "");
  const ofProfile = assignments.findLast(({ name }) => name === "NTP_SERVER")?.value;
  if (ofProfile !== undefined) return words(ofProfile);
  const ofDhcp = words((await files.readText(NTP_SERVERS_FILE)) ?? "");
  return ofDhcp.length > 0 ? ofDhcp : DEFAULT_SERVERS;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
