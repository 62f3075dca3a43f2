import * as z from "zod/mini";
import type { Monitor } from "./driver.ts";
import { addCommand, parseUsernet, removeCommand } from "./qemu-forwards.ts";
import type { Qmp } from "./qmp.ts";

const Status = z.object({ status: z.string() });

/** The agent's monitor, over a QMP session that it owns. */
export function openQemuMonitor(qmp: Qmp): Monitor {
  const human = async (command: string, signal: AbortSignal): Promise<string> =>
    z.string().parse(await qmp.execute("human-monitor-command", { "command-line": command }, signal));

  return {
    runState: async (signal) => Status.parse(await qmp.execute("query-status", {}, signal)).status,
    resume: async (signal) => {
      await qmp.execute("cont", {}, signal);
    },
    pause: async (signal) => {
      await qmp.execute("stop", {}, signal);
    },
    reset: async (signal) => {
      await qmp.execute("system_reset", {}, signal);
      await qmp.execute("cont", {}, signal);
    },
    forwards: async (signal) => parseUsernet(await human("info usernet", signal)),
    addForward: async (forward, signal) => {
      const refusal = await human(addCommand(forward), signal);
      return refusal.trim() === "";
    },
    removeForward: async (forward, signal) => {
      await human(removeCommand(forward), signal);
    },
    onPause: (listener) =>
      qmp.onEvent((name) => {
        if (name === "STOP" || name === "RESUME") listener(name === "STOP");
      }),
    closed: qmp.closed,
    close: () => qmp.close(),
  };
}
