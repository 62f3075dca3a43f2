import type { Lifecycle } from "@boot2docker/protocol";
import { type Console, parseKernelParameters } from "./kernel-parameters.ts";
import type { Log } from "./log.ts";
import { messageOf } from "./problem.ts";
import { consoleSpec } from "./services.ts";
import type { Supervisor } from "./supervisor.ts";
import type { System } from "./system.ts";

/** For a shell that nobody needs any more; an interactive one ignores SIGTERM. */
const GRACE_MS = 200;

/** Whether this machine is to have root shells on its consoles: one that nobody can reach through a host. */
export async function wantsConsoles({ files }: System): Promise<boolean> {
  return parseKernelParameters((await files.readText("/proc/cmdline")) ?? "").wantsConsole;
}

/** A root shell for whoever has the machine's console: who owns that owns the machine anyway. */
export async function openConsoles(system: System, supervisor: Supervisor, signal: AbortSignal): Promise<void> {
  for (const console of await findConsoles(system)) await supervisor.ensure(consoleSpec(console), GRACE_MS, signal);
}

export async function closeConsoles(supervisor: Supervisor, signal: AbortSignal): Promise<void> {
  for (const id of ["console", "screen"] as const) await supervisor.stop(id, GRACE_MS, signal);
}

/** For whoever sits before a machine that has no host to be asked. */
export async function sayOnConsoles(lifecycle: Lifecycle, system: System, log: Log): Promise<void> {
  const reasons = lifecycle.name === "degraded" ? lifecycle.reasons.map(({ message }) => message) : [];
  const said = [lifecycle.name, ...reasons].join("; ");
  for (const { terminal } of await findConsoles(system)) {
    try {
      await system.files.set(terminal, `\r\nboot2docker: ${said}\r\n`);
    } catch (error) {
      log.warn("cannot write to a console", { terminal, reason: messageOf(error) });
    }
  }
}

/** Those of the kernel's parameters that are there. */
async function findConsoles({ files }: System): Promise<readonly Console[]> {
  const { consoles } = parseKernelParameters((await files.readText("/proc/cmdline")) ?? "");
  const found = await Promise.all(
    consoles.map(async (console) => ((await files.stat(console.terminal)) === undefined ? [] : [console])),
  );
  return found.flat();
}
