import type { ServiceState } from "@boot2docker/protocol";
import { keepProfile, loadKeptProfile } from "./apparmor-profile.ts";
import { countRunningContainers, readEngineVersion } from "./docker.ts";
import { defaultConfig, hostAddressOf, keepHostAddress, recallHostAddress } from "./config.ts";
import { planEngineConfig } from "./engine.ts";
import { chooseEngineSettings, proveEngineSettings, refuseEngineSettings } from "./engine-choice.ts";
import { type EngineSettings, noSettings } from "./engine-settings.ts";
import { beginTakeover, endTakeover } from "./live-restore.ts";
import { ENGINE_CONFIG_FILE } from "./paths.ts";
import { messageOf, Problem } from "./problem.ts";
import type { Service } from "./service.ts";
import { dockerdSpec } from "./services.ts";
import type { System } from "./system.ts";
import type { TaskContext } from "./tasks.ts";
import { establishIdentity, findFaultsInUse, type IdentityContext } from "./tls.ts";

/** Between SIGTERM and SIGKILL of a dockerd that is replaced. */
const RESTART_GRACE_MS = 30_000;
const ANSWER_LIMIT_MS = 30_000;
/** With settings that no dockerd has run with before, one is not tried for long. */
const UNPROVEN_FAILURES = 2;
const UNPROVEN_LIMIT_MS = 90_000;
const unheeded = (problems: readonly string[]) =>
  [
    "engine-settings",
    `the engine runs without some of its settings: ${problems.join("; ")}`,
    "Correct them where they are named, and restart the machine: docs/engine.md.",
  ] as const;

/** Leaves the engine a certificate, and replaces the one of an engine that runs when that is to be. */
export async function identify(context: TaskContext, signal: AbortSignal): Promise<void> {
  const { system, seen, supervisor, link, report } = context;
  const { connection } = link;
  const issue =
    connection && ((publicKeyPem: string) => connection.call("certificate.issue", { publicKeyPem }, signal));
  const engine = supervisor.get("dockerd");
  seen.identity = engine?.process && engine.spec.identity;
  const mustRenew = context.mustRenew;
  context.mustRenew = false;
  if (seen.identity === undefined || mustRenew) {
    seen.identity = await establishIdentity({ system, issue, report });
  } else if (issue !== undefined && (await isStale(seen.identity, issue, system, signal))) {
    seen.identity = await establishIdentity({ system, issue, report });
  }
}

export async function chooseSettings(context: TaskContext, signal: AbortSignal): Promise<void> {
  const { system } = context;
  context.engine = await chooseEngineSettings(context.config ?? null, system, signal);
  const { problems } = context.engine;
  if (problems.length > 0) throw new Problem(...unheeded(problems));
}

/** With what was chosen; when no dockerd starts with it, with what worked last. */
export async function startEngine(context: TaskContext, signal: AbortSignal): Promise<void> {
  const { system, seen, supervisor } = context;
  // Undefined when their phase failed in another way: then it runs as if nobody wanted anything.
  const { settings, isProven } = context.engine ?? { settings: noSettings, isProven: true };
  const service = await ensureEngine(settings, context, signal);
  if (isProven) return service.ready(signal);
  const before = service.restarts;
  const isDecided = (state: ServiceState): boolean =>
    state === "ready" || service.restarts - before >= UNPROVEN_FAILURES;
  await service.until(isDecided, system.clock.deadline(UNPROVEN_LIMIT_MS, signal)).catch(() => undefined);
  signal.throwIfAborted();
  if (service.state === "ready") return proveEngineSettings(settings, system.files);
  const why = `dockerd does not start with these settings: ${service.detail ?? "it does not answer"}`;
  await refuseEngineSettings(settings, why, system.files);
  // It has never answered: there is nothing in it to be taken over.
  await supervisor.stop("dockerd", RESTART_GRACE_MS, signal);
  context.engine = await chooseEngineSettings(context.config ?? null, system, signal);
  seen.degraded.set("engine-settings", new Problem(...unheeded(context.engine.problems)).reason);
  await (await ensureEngine(context.engine.settings, context, signal)).ready(signal);
}

/** What follows its start. */
export async function engineReady({ process, spec }: Service, context: TaskContext): Promise<void> {
  const { system, log, seen, publish } = context;
  const limit = system.clock.deadline(ANSWER_LIMIT_MS, new AbortController().signal);
  try {
    seen.engineVersion = await readEngineVersion(system.network, limit);
    publish();
    await keepProfile(system).catch((error: unknown) => log.warn("profile not kept", { reason: messageOf(error) }));
    if (process !== undefined && spec.config !== undefined) await endTakeover(process, spec.config, system, limit);
  } catch (error) {
    log.warn("the engine does not answer as it should", { reason: messageOf(error) });
  }
}

/**
 * Whether the certificate of an engine that runs is to be replaced by one that this host issues. To replace it the engine is
 * started anew, which breaks what clients have open: not while there are containers. Fails with a `Problem` then.
 */
async function isStale(
  inUse: string,
  issue: NonNullable<IdentityContext["issue"]>,
  system: System,
  signal: AbortSignal,
): Promise<boolean> {
  const faults = await findFaultsInUse(inUse, issue, system);
  if (faults.length === 0) return false;
  if ((await countRunningContainers(system.network, signal)) === 0) return true;
  throw new Problem(
    "cert-address",
    `the engine's certificate does not do for this host: ${faults.join("; ")}`,
    "`boot2docker regenerate-certs` replaces it; containers go on, what clients have open ends.",
  );
}

/** Makes dockerd run by these settings. One that runs by others is replaced, which its containers do not notice. */
async function ensureEngine(
  { daemon, env }: EngineSettings,
  { system, seen, supervisor, config, bindSources, engineSettled, report }: TaskContext,
  signal: AbortSignal,
): Promise<Service> {
  const hostAddress = config ? hostAddressOf(config) : await recallHostAddress(system.files);
  if (hostAddress !== undefined) {
    await keepHostAddress(hostAddress, system.files).catch((error: unknown) => {
      // On a full disk: the engine may start all the same, and its user make room.
      report("host-address.not-kept", { reason: messageOf(error) });
    });
  }
  bindSources.nameMachine(config?.hostname ?? defaultConfig.hostname);
  const spec = dockerdSpec(
    ENGINE_CONFIG_FILE,
    planEngineConfig(seen.identity !== undefined, daemon, hostAddress),
    env,
    seen.identity,
  );
  const running = supervisor.get("dockerd");
  await engineSettled();
  if (running?.process === undefined) {
    try {
      if (await loadKeptProfile(system)) report("apparmor.profile-loaded");
    } catch (error) {
      // Without it dockerd compiles its own.
      report("apparmor.profile-not-loaded", { reason: messageOf(error) });
    }
  }
  if (running?.process !== undefined && !supervisor.runs(spec)) {
    try {
      await beginTakeover(running.process, system, signal);
    } catch (error) {
      throw new Problem(
        "engine-not-replaced",
        `dockerd does not answer, and to replace it would end its containers: it keeps the settings that it has`,
        "`boot2docker logs dockerd` may say why; `boot2docker restart` starts it with the new ones.",
        { cause: error },
      );
    }
  }
  return supervisor.ensure(spec, RESTART_GRACE_MS, signal);
}
