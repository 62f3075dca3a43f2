import type { GuestConfig, Reason } from "@boot2docker/protocol";
import type { BindSources } from "./bind-sources.ts";
import { defaultConfig, keepConfig, recallConfig } from "./config.ts";
import { loadImage } from "./docker.ts";
import { renderContainerdConfig } from "./engine.ts";
import type { EngineChoice } from "./engine-choice.ts";
import { chooseSettings, identify, startEngine } from "./engine-tasks.ts";
import { assertHookSucceeded, awaitHook, startHook } from "./hooks.ts";
import { awaitContainersFolders, mountFolders } from "./folder-tasks.ts";
import { unmountFolders } from "./folders.ts";
import type { HostLink } from "./host-link.ts";
import type { Fields, LogFile } from "./log.ts";
import { parseMountInfo } from "./mount-info.ts";
import { growDataDisk } from "./grow-data-disk.ts";
import type { NameService } from "./name-service.ts";
import { findNic, hasHost, planNetwork, readKeptHostname, setHostname, setUpNetwork } from "./network.ts";
import { openDataDisk } from "./open-data-disk.ts";
import { CONTAINERD_CONFIG_FILE, FIRST_IMAGE_MARK, LOG_DIR, SSH_HOST_KEY } from "./paths.ts";
import { bindOf, type Task } from "./plan.ts";
import { containerdSpec, dhcpSpec, logPathOf, sshdSpec } from "./services.ts";
import { messageOf, Problem } from "./problem.ts";
import { endProcesses, stopEngine, unmountAll } from "./shutdown.ts";
import { ensureHostKey, writeAuthorizedKeys } from "./ssh.ts";
import type { PublishedPorts } from "./published-ports.ts";
import type { Observations } from "./state.ts";
import type { Supervisor } from "./supervisor.ts";
import { doSwapStep, endDiskSwap, planSwap, readSwapFacts } from "./swap.ts";
import type { MountSpec, System } from "./system.ts";
import { trustCertificates } from "./trust.ts";

/** What the executors work on. */
export interface TaskContext {
  system: System;
  log: LogFile;
  seen: Observations;
  supervisor: Supervisor;
  link: HostLink;
  ports: PublishedPorts;
  names: NameService;
  bindSources: BindSources;
  /** By which this run of the plan goes; set by `await-host`. Null: the host said nothing since the kernel came up. */
  config: GuestConfig | null | undefined;
  /** Settled when the folders of this run of the plan are mounted, as far as that was possible. */
  folders: PromiseWithResolvers<undefined>;
  /** By which dockerd is started; set by `choose-engine-settings`. */
  engine: EngineChoice | undefined;
  /** The engine's certificate is to be replaced, whether or not it does. */
  mustRenew: boolean;
  report: (name: string, fields?: Fields) => void;
  /** Resolves when what follows the engine's start is done: two must not change its live-restore at once. */
  engineSettled: () => Promise<void>;
  /** Tells the host what is so now. */
  publish: () => void;
}

/** How long a boot waits for a host that is not there. It goes on without; the host's word is acted upon later. */
const HOST_LIMIT_MS = 2_000;
/** How long for one that is there and slow. */
const SLOW_HOST_LIMIT_MS = 15_000;
/** For a question that only the host can answer: what a disk without our data is for. */
const DISK_ANSWER_LIMIT_MS = 30_000;
/** Between SIGTERM and SIGKILL when a service has to be restarted. */
const RESTART_GRACE_MS = 30_000;

const NO_PERSISTENCE: Reason = {
  code: "data-disk-absent",
  message: "there is no data disk: images, containers and volumes are lost when the machine ends",
  hint: "Give the machine a disk, and start it again.",
};
const UNREPAIRED = [
  "data-disk-damaged",
  "the data disk is damaged beyond automatic repair; it is mounted read-only at /mnt/data",
  "Copy what you need from it on the console, then run `e2fsck -f` on it there, or give the machine another disk.",
] as const;

type Executors = {
  [K in Task["kind"]]: (task: Extract<Task, { kind: K }>, context: TaskContext, signal: AbortSignal) => Promise<void>;
};

const EXECUTORS: Executors = {
  mount: ({ mounts }, { system }) => mountMissing(mounts, system),

  // Containers may ask for shared mounts, which only a shared root can give (mount_namespaces(7)).
  "share-mounts": (_, { system }) =>
    system.mounts.mount({ source: "none", target: "/", fstype: "none", options: "rec,shared" }),

  // What this process starts begins in its group. dockerd judges by the group it is in what the kernel can limit, and the
  // root group has no limits to show.
  "join-control-group": async ({ parent, name }, { system: { files } }) => {
    const controllers = ((await files.readText(`${parent}/cgroup.controllers`)) ?? "").trim().split(" ");
    await files.set(`${parent}/cgroup.subtree_control`, controllers.map((controller) => `+${controller}`).join(" "));
    await files.makeDirectory(`${parent}/${name}`);
    await files.set(`${parent}/${name}/cgroup.procs`, "0");
  },

  "make-directories": async ({ directories }, { system }) => {
    for (const { path, mode, owner } of directories) {
      await system.files.makeDirectory(path, { mode, ...(owner && { owner }) });
    }
  },

  link: async ({ links }, { system }) => {
    for (const { path, target } of links) await system.files.link(target, path);
  },

  "await-host": async (_, context, signal) => {
    const { files } = context.system;
    const said = await askHost(context, HOST_LIMIT_MS, signal);
    if (said !== null) await keepConfig(said, files);
    context.config = said ?? (await recallConfig(files));
  },

  "open-ports": async (_, { system: { files }, ports, config }, signal) => {
    const range = config?.dynamicPorts;
    // dockerd takes from it what `docker run -P` publishes.
    if (range !== undefined) {
      await files.set("/proc/sys/net/ipv4/ip_local_port_range", `${range.first} ${range.last}`);
      // The guest's own connections have no more than these: one that has ended must not keep its port for a minute.
      await files.set("/proc/sys/net/ipv4/tcp_tw_reuse", "1");
    }
    await ports.open(signal);
  },

  "set-hostname": (_, context) => setHostname(configOf(context).hostname, context.system),

  // The name that a user gave the machine in the machine; it was kept on the disk by all boot2dockers (SYS-04).
  "keep-hostname": async (_, { system }) => {
    const hostname = await readKeptHostname(system.files);
    if (hostname !== undefined) await setHostname(hostname, system);
  },

  "trust-certificates": async (_, { system, config }) => {
    const useless = await trustCertificates(config?.authorities ?? [], system.files);
    if (useless.length > 0) throw new Error(`no certificate in ${useless.join(", ")} of /var/lib/boot2docker/certs`);
  },

  "run-hook": async ({ name }, { system }, signal) => {
    const process = await startHook(name, `${LOG_DIR}/${name}.log`, system);
    if (process === undefined) await assertHookSucceeded(name, system);
    else await awaitHook(name, process, system, signal);
  },

  "launch-hook": async ({ name }, { system, seen, report, publish }) => {
    const process = await startHook(name, `${LOG_DIR}/${name}.log`, system);
    if (process === undefined) return assertHookSucceeded(name, system);
    awaitHook(name, process, system, new AbortController().signal).then(
      () => report("hook.ended", { name }),
      (error: unknown) => {
        report("hook.failed", { name, reason: messageOf(error) });
        seen.degraded.set(name, {
          code: `${name}-failed`,
          message: messageOf(error),
          hint: `What it said is in ${LOG_DIR}/${name}.log.`,
        });
        publish();
      },
    );
  },

  "open-data-disk": async (_, context, signal) => {
    const { system, seen, link, report } = context;
    const ask = (askSignal: AbortSignal): Promise<GuestConfig | null> =>
      askHost(context, DISK_ANSWER_LIMIT_MS, askSignal);
    seen.dataDisk = await openDataDisk({ system, config: link.config, askHost: ask, report }, signal);
    if (seen.dataDisk === undefined) seen.degraded.set("data-disk", NO_PERSISTENCE);
    // The engine cannot work on it, and would only add to the damage.
    else if (seen.dataDisk.readOnly) throw new Problem(...UNREPAIRED);
  },

  "bind-data": async ({ directories }, { system }) => {
    const binds = directories.map(bindOf);
    for (const { source } of binds) await system.files.makeDirectory(source);
    await mountMissing(binds, system);
  },

  "move-log": async (_, { system, log, report }) => {
    try {
      await system.files.makeDirectory(LOG_DIR);
      log.moveTo(logPathOf("guest-init"));
    } catch (error) {
      // On a full disk: the engine may start all the same, and its user make room.
      report("log.not-moved", { reason: messageOf(error) });
    }
  },

  "set-up-network": async (_, context, signal) => {
    const { system, supervisor, names } = context;
    const { network } = configOf(context);
    const plan = planNetwork(network, await findNic(system));
    await setUpNetwork(plan, system, signal);
    if (hasHost(network)) await names.serve(network);
    if (plan.dhcp === undefined) return supervisor.stop("dhcp", RESTART_GRACE_MS, signal);
    const { nic, script, boundFile } = plan.dhcp;
    const service = await supervisor.ensure(dhcpSpec(nic, script, boundFile), RESTART_GRACE_MS, signal);
    await service.ready(signal);
  },

  "establish-identity": (_, context, signal) => identify(context, signal),
  "choose-engine-settings": (_, context, signal) => chooseSettings(context, signal),

  "start-containerd": async (_, { system, supervisor }, signal) => {
    await system.files.write(CONTAINERD_CONFIG_FILE, renderContainerdConfig());
    await supervisor.ensure(containerdSpec(CONTAINERD_CONFIG_FILE), RESTART_GRACE_MS, signal);
  },

  "start-engine": (_, context, signal) => startEngine(context, signal),

  "load-image": async ({ name, pieces }, { system, report }, signal) => {
    // Once in the life of a data disk: an image that its user removed stays removed.
    if ((await system.files.stat(FIRST_IMAGE_MARK)) !== undefined) return;
    for (const path of pieces) {
      if ((await system.files.stat(path)) !== undefined) continue;
      report("image.absent", { name, path });
      return;
    }
    await loadImage(system.network, name, pieces, signal);
    await system.files.write(FIRST_IMAGE_MARK, "", { durable: true });
  },

  "announce-ready": async (_, { report }) => report("guest.ready"),

  "grow-data-disk": async (_, { system, seen, report }, signal) => {
    if (seen.dataDisk === undefined || seen.dataDisk.readOnly) return;
    const growth = await growDataDisk(seen.dataDisk.device, system, signal);
    if (growth !== undefined) report("data-disk.grown", { ...growth });
  },

  "start-swap": async (_, { system, seen, report }, signal) => {
    const { dataDisk } = seen;
    const data = dataDisk && { device: dataDisk.device, space: await system.files.space(dataDisk.mountPoint) };
    for (const step of planSwap(await readSwapFacts(data, system))) {
      await doSwapStep(step, system, signal);
      report("swap.step", { ...step });
    }
  },

  "start-ssh": async (_, context, signal) => {
    const { system, seen, supervisor } = context;
    await writeAuthorizedKeys(configOf(context).authorizedKeys, system, signal);
    seen.sshHostKeys = [await ensureHostKey(system, signal)];
    const service = await supervisor.ensure(sshdSpec(SSH_HOST_KEY), RESTART_GRACE_MS, signal);
    await service.ready(signal);
  },

  "mount-folders": (_, context, signal) => mountFolders(context, signal),
  "await-containers-folders": (_, context, signal) => awaitContainersFolders(context, signal),
  "unmount-folders": async (_, { system, seen, link }, signal) => {
    const problems = await unmountFolders(link.connection !== undefined, system, signal);
    seen.folders = [];
    if (problems.length > 0) throw new Error(problems.join("; "));
  },

  "stop-service": ({ service, limitMs }, { supervisor }, signal) => supervisor.stop(service, limitMs, signal),
  "stop-engine": ({ limitMs }, { system, supervisor, report }, signal) =>
    stopEngine({ system, supervisor, report, limitMs }, signal),
  "end-processes": async ({ graceMs }, { system, supervisor }, signal) => {
    // What is still supervised would be started again. One that does not end must not keep the others alive.
    await Promise.all([supervisor.stopAll(graceMs, signal), endProcesses(system, graceMs, signal)]);
  },
  "end-disk-swap": (_, { system }, signal) => endDiskSwap(system, signal),
  "unmount-all": async (_, { system, log, report }) => {
    log.detach(); // its file is on the data disk
    await unmountAll(system, report);
  },
};

export function executeTask(task: Task, context: TaskContext, signal: AbortSignal): Promise<void> {
  // The table has an executor of exactly this kind of task, which the compiler cannot follow through a variable.
  const execute = EXECUTORS[task.kind] as (task: Task, context: TaskContext, signal: AbortSignal) => Promise<void>;
  return execute(task, context, signal);
}

function configOf({ config }: TaskContext): GuestConfig {
  return config ?? defaultConfig;
}

/** Null when the host says nothing within the limit, or there is none. */
async function askHost(
  { system, link, report }: TaskContext,
  limitMs: number,
  signal: AbortSignal,
): Promise<GuestConfig | null> {
  if (link.config !== undefined) return link.config;
  for (const waitMs of [limitMs, SLOW_HOST_LIMIT_MS]) {
    try {
      return await link.firstConfig(system.clock.deadline(waitMs, signal));
    } catch (error) {
      signal.throwIfAborted();
      report("host.silent", { waitMs, isThere: link.isSomebodyThere, reason: messageOf(error) });
      if (!link.isSomebodyThere) break;
    }
  }
  return null;
}

async function mountMissing(mounts: readonly MountSpec[], { files, mounts: kernel }: System): Promise<void> {
  // Before /proc is there nothing else of ours is, either.
  const mounted = parseMountInfo(await files.readText("/proc/self/mountinfo"));
  // In the place of /etc there is that of the image at first.
  const isThere = ({ target, fstype }: MountSpec): boolean =>
    fstype === "none" ? mounted.has(target) : mounted.get(target)?.fstype === fstype;
  for (const spec of mounts) if (!isThere(spec)) await kernel.mount(spec);
}
