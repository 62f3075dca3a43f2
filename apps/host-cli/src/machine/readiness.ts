import { UserError } from "../errors.ts";
import { hasGivenUp, isServing, reasonsOf } from "../guest-state.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { shutdownLimitMs } from "./limits.ts";
import type { Observation } from "./observe.ts";

/** What `up` waits for. */
export type WaitName = "agent-attends" | "guest-said-hello" | "data-disk" | "engine-ready" | "docker-answers";

export interface Wait {
  /** As the user sees it. */
  name: string;
  limitMs: number;
  /** What to do when it was not met within the limit. */
  hint(dir: MachineDir): string;
  isMet(seen: Observation): boolean;
  /** What is missing right now. */
  detail(seen: Observation): string;
}

/** In the order of waiting. The limits are for emulation on a busy host; with hardware help the whole of it takes some seconds. */
export const waits: Record<WaitName, Wait> = {
  "agent-attends": {
    name: "host agent attends the VM",
    limitMs: 30_000,
    hint: (dir) => `What the agent did is in ${dir.agentLog}.`,
    isMet: ({ agent }) => agent !== undefined,
    detail: () => "no answer yet",
  },
  "guest-said-hello": {
    name: "guest said hello",
    limitMs: 180_000,
    hint: (dir) => `What the guest's kernel said is in ${dir.consoleLog}.`,
    isMet: ({ guest }) => guest !== undefined,
    detail: ({ agent }) => agent?.detail ?? "the kernel is starting",
  },
  "data-disk": {
    name: "data disk mounted",
    limitMs: 600_000,
    hint: ({ name }) =>
      `The guest goes on. A check of a large disk takes its time: see \`boot2docker logs ${name} guest-init\`.`,
    isMet: ({ guest }) => guest?.dataDisk !== undefined,
    detail: lifecycleDetail,
  },
  "engine-ready": {
    name: "engine ready",
    limitMs: 300_000,
    hint: ({ name }) => `See \`boot2docker logs ${name} dockerd\`.`,
    isMet: ({ guest }) => guest !== undefined && isServing(guest),
    detail: lifecycleDetail,
  },
  "docker-answers": {
    name: "Docker answers over TLS from this host",
    limitMs: 60_000,
    hint: ({ name }) =>
      `Was the CA replaced while the machine ran? Then: boot2docker regenerate-certs ${name}. Or does a firewall or a proxy on this ` +
      "host catch connections to 127.0.0.1?",
    isMet: ({ docker }) => docker?.answers === true,
    detail: ({ docker, guest }) => {
      const problem = docker?.answers === false ? docker.problem : "not asked yet";
      return [problem, ...(guest === undefined ? [] : reasonsOf(guest)).map(({ message }) => message)].join("; ");
    },
  },
};

/** Of a guest that something else has told to shut down, or to boot again. */
export const shutdown: Wait = {
  name: "shutdown finished",
  limitMs: shutdownLimitMs,
  hint: ({ name, consoleLog }) =>
    `What the guest said last is in ${consoleLog}. To end it: boot2docker down ${name} --force`,
  isMet: ({ vm, guest }) => vm.state === "off" || (guest !== undefined && guest.lifecycle.name !== "stopping"),
  detail: () => "the guest stops its containers",
};

/** Throws UserError when no waiting will help: the VM is gone, the guest gave up, the agent met an obstacle. */
export function checkHope(seen: Observation, dir: MachineDir): void {
  if (seen.vm.state === "off") {
    throw new UserError(`the VM of ${dir.name} ended while it was starting`, {
      code: "vm-ended",
      hint: `See ${dir.consoleLog} for what the guest said last, and ${dir.qemuLog} for QEMU.`,
    });
  }
  if (seen.guest !== undefined && hasGivenUp(seen.guest)) {
    const [reason = { code: "engine-absent", message: "the guest does not start Docker" }] = reasonsOf(seen.guest);
    throw UserError.of(reason);
  }
  const [problem] = seen.agent?.problems ?? [];
  if (problem !== undefined) throw UserError.of(problem);
}

function lifecycleDetail({ guest }: Observation): string {
  if (guest === undefined) return "the guest is not connected";
  if (guest.lifecycle.name !== "starting") {
    return [guest.lifecycle.name, ...reasonsOf(guest).map(({ message }) => message)].join("; ");
  }
  const { phase, unmet } = guest.lifecycle;
  return unmet.length === 0 ? phase : `${phase}: ${unmet.join(", ")}`;
}
