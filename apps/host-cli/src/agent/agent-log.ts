import type { Host } from "../host.ts";

export interface AgentLog {
  /** One line: a constant message and what goes with it, no secrets. */
  info(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
  /** Resolves when all lines are in the file. */
  flush(): Promise<void>;
}

/** Lines are written in order, each on its own: the agent may be killed at any time. */
export function openAgentLog(host: Host, path: string): AgentLog {
  let last = Promise.resolve();
  return {
    info(message, fields = {}) {
      const line = `${host.clock.now().toISOString()} ${message} ${JSON.stringify(fields)}\n`;
      // A log that can't be written (disk full) must not end the agent; there is nowhere left to say so.
      last = last.then(() => host.files.append(path, line)).catch(() => undefined);
    },
    flush: () => last,
  };
}

/** Keeps the newer half of a file that has grown beyond its limit. Whoever appends to it goes on. */
export async function trimLog(host: Host, path: string, maxBytes: number): Promise<void> {
  const size = (await host.files.stat(path))?.sizeBytes ?? 0;
  if (size <= maxBytes) return;
  const kept = await host.files.readPart(path, size - maxBytes / 2, maxBytes / 2);
  await host.files.empty(path);
  await host.files.append(path, new TextDecoder().decode(kept));
}
