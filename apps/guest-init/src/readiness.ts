import { pingEngine } from "./docker.ts";
import type { Readiness } from "./services.ts";
import type { System } from "./system.ts";

/** Between two tries of something that exists but does not answer yet, when nothing announces that it does. */
const RETRY_MS = 50;

/** Resolves when the service answers. Has no limit of its own: whoever waits for the service has one. */
export async function awaitReadiness(readiness: Readiness, system: System, signal: AbortSignal): Promise<void> {
  switch (readiness.kind) {
    case "running":
      return;
    case "file":
      return system.files.appears(readiness.path, signal);
    case "listens":
      return retry(() => system.network.connects({ port: readiness.port }, signal), system, signal);
    case "connects":
      await system.files.appears(readiness.socketPath, signal);
      return retry(() => system.network.connects({ socketPath: readiness.socketPath }, signal), system, signal);
    case "ping":
      await system.files.appears(readiness.socketPath, signal);
      // The engine listens long before it serves; a request that is sent then is answered as soon as it does.
      return retry(() => pingEngine(system.network, readiness.socketPath, signal), system, signal);
    default:
      readiness satisfies never;
  }
}

async function retry(attempt: () => Promise<void>, { clock }: System, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await attempt();
      return;
    } catch {
      // Refused: it is not there yet. Its process is watched by the service, so this ends with that.
      await clock.wait(RETRY_MS, signal);
    }
  }
}
