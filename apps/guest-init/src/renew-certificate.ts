import { RpcError } from "@boot2docker/protocol";
import type { TaskContext } from "./tasks.ts";
import { unlessAborted } from "./unless-aborted.ts";

const STILL_STARTING = 1;
const NOT_RENEWED = 2;

/**
 * Has the plan run again with another certificate: `converge` asks for that and resolves at the end of a run. Fails with an
 * `RpcError` unless the engine serves with it then.
 */
export async function renewCertificate(
  context: TaskContext | undefined,
  converge: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  if (context === undefined || context.seen.unmet.length > 0)
    throw new RpcError(STILL_STARTING, "the machine is starting");
  const { seen, supervisor } = context;
  if (seen.rescue !== undefined) throw new RpcError(NOT_RENEWED, seen.rescue.message);
  const before = seen.identity;
  context.mustRenew = true;
  // A run that has begun already may be behind the phase that heeds this: then the next one does.
  while (isWanted(context)) await unlessAborted(converge(), signal);
  if (seen.identity === before) {
    const reason = seen.degraded.get("identity")?.message ?? "the host issued none";
    throw new RpcError(NOT_RENEWED, `the engine has the certificate that it had: ${reason}`);
  }
  const engine = supervisor.get("dockerd");
  if (engine?.state === "ready" && engine.spec.identity === seen.identity) return;
  const reason = seen.degraded.get("engine")?.message ?? engine?.detail ?? "it does not answer";
  throw new RpcError(NOT_RENEWED, `the engine does not serve with its new certificate: ${reason}`);
}

/** A function, since others change it meanwhile. */
function isWanted({ mustRenew }: TaskContext): boolean {
  return mustRenew;
}
