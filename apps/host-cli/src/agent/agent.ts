import type { GuestState } from "@boot2docker/protocol";
import type { Driver, Monitor, VmFacts } from "../driver/driver.ts";
import { qemuDriver } from "../driver/qemu.ts";
import { nameMachineIn } from "../hint-commands.ts";
import type { Host, Server } from "../host.ts";
import { type MachineConfig, readMachineConfig } from "../machine-dir/config-file.ts";
import { machineDir, type MachineDir } from "../machine-dir/dir.ts";
import { openAgentLog, type AgentLog } from "./agent-log.ts";
import { serveControl, type Control } from "./control.ts";
import { serveDocker } from "./docker-socket.ts";
import { FolderWatches } from "./folder-watches.ts";
import { Forwards } from "./forwards.ts";
import { GuestClock } from "./guest-clock.ts";
import { guestLink } from "./guest-link.ts";
import { guestRequests } from "./guest-requests.ts";
import { releaseWhenIdle } from "./idle-memory.ts";
import { guestFoldersPort, SharedFolders } from "./shared-folders.ts";
import { Tunnel } from "./tunnel.ts";
import { VmWatch } from "./vm-watch.ts";

const monitorLimitMs = 10_000;
const retryMs = 500;

/**
 * The host agent of one machine: lives as long as its VM, keeps the channel and the port forwards, answers commands.
 *
 * It can be killed at any time: all it knows is in the machine's directory, in QEMU and in the guest. Returns at once
 * when another one runs, when there is no VM, or when `signal` aborts.
 */
export async function runAgent(host: Host, name: string, signal: AbortSignal): Promise<void> {
  const dir = machineDir(host, name);
  await using lock = await host.files.tryLock(dir.agentLock);
  if (lock === undefined) return;
  const config = await readMachineConfig(host, dir);
  const log = openAgentLog(host, dir.agentLog);
  const driver = qemuDriver(host, dir);
  log.info("agent started", { pid: host.pid });
  /** Undefined when there was none to attend. */
  let wasStopping: boolean | undefined;
  try {
    for (;;) {
      const vm = await driver.inspect();
      if (vm.state === "off" && wasStopping === false) {
        log.info("the VM is gone, without a shutdown", { qemu: dir.qemuLog });
      }
      if (vm.state === "off" || signal.aborted) break;
      // One that is just going may not be heard any more.
      wasStopping = (await attend(host, dir, config, driver, vm, log, signal)) ?? wasStopping ?? false;
    }
  } finally {
    for (const path of [dir.agentSocket, dir.dockerSocket, dir.foldersSocket]) await host.files.remove(path);
    await sweepIfOff(host, dir, driver);
    log.info("agent ended");
    await log.flush();
  }
}

/** Returns when the VM, or the connection to its monitor, is gone: whether the guest said that it shuts down, if it said anything. */
async function attend(
  host: Host,
  dir: MachineDir,
  config: MachineConfig,
  driver: Driver,
  vm: VmFacts & { state: "on" },
  log: AgentLog,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const { name } = dir;
  const monitor = await openMonitor(host, driver, log, signal);
  if (monitor === undefined) return undefined;
  const ended = new AbortController();
  const end = (): void => ended.abort(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  void monitor.closed.then(end);

  const tunnel = await Tunnel.find(host, dir, config.sshPort);
  const shared = new SharedFolders();
  if ((config.folders ?? []).length > 0) tunnel?.wantFolders(guestFoldersPort);
  const forwards = new Forwards({
    host,
    monitor,
    ports: config,
    scope: config.publish ?? "loopback",
    tunnel,
    signal: ended.signal,
    onBehind: () => watch.lookSoon(),
  });
  const watch = new VmWatch({ host, dir, monitor, forwards, log, signal: ended.signal });
  tunnel?.onEnd(() => watch.lookSoon());
  let control: Control | undefined;
  let docker: Server | undefined;
  let folders: Server | undefined;
  const heed = async ({ folders = [], publish = "loopback" }: MachineConfig): Promise<void> => {
    shared.want(folders);
    watches.want(folders);
    await forwards.answerOn(publish);
  };
  let isStopping: boolean | undefined;
  const onState = (state: GuestState, bootId: string): void => {
    watch.heard(state);
    isStopping = state.lifecycle.name === "stopping";
    shared.heard(state.folders ?? []);
    forwards.heard(state, bootId).catch((error: unknown) => {
      if (!ended.signal.aborted) log.info("ports not carried", { reason: String(error) });
    });
    control?.broadcast("state.changed", nameMachineIn(state, name));
  };
  const link = guestLink({
    open: (linkSignal) => driver.openChannel(linkSignal),
    requests: guestRequests(host, dir, config, forwards, heed),
    clock: host.clock,
    log,
    onState,
    onEvent: (event) => control?.broadcast("event", event),
  });
  const watches = new FolderWatches({
    host,
    log,
    signal: ended.signal,
    tell: async (changes, tellSignal) => {
      await link.guest()?.call("folders.touch", { changes }, tellSignal);
    },
  });
  const status = () => {
    const detail = link.detail();
    return {
      pid: host.pid,
      vmPid: vm.process.pid,
      guestConnected: link.guest() !== undefined,
      ...(detail === undefined ? {} : { detail }),
      ...(watch.problems.length === 0 ? {} : { problems: [...watch.problems] }),
    };
  };
  const guestClock = new GuestClock({
    clock: host.clock,
    tell: async (now, tellSignal) => {
      await link.guest()?.call("clock.set", { now: now.toISOString() }, tellSignal);
    },
    log: (reason) => log.info("the guest did not take the time", { reason }),
  });
  monitor.onPause((isPaused) => {
    guestClock.paused(isPaused, ended.signal);
    watch.lookSoon();
  });
  try {
    await heed(config);
    folders = await host.network.serveFolders(
      dir.foldersSocket,
      () => shared.list,
      (ns) => watches.isAnnounced(ns),
    );
    // Forwards first: who reaches the agent may rely on them.
    await watch.look();
    await using served = await serveControl(
      host,
      dir,
      link,
      { status, ports: () => forwards.list() },
      log,
      ended.signal,
    );
    control = served;
    const untilRight = (): Promise<void> => guestClock.untilRight(ended.signal);
    docker = await serveDocker(host, dir, config, tunnel, untilRight);
    // The channel takes one client: this one must be gone before another attempt.
    const unlink = new AbortController();
    const linked = link.run(AbortSignal.any([ended.signal, unlink.signal]));
    try {
      await Promise.all([watch.run(), guestClock.run(ended.signal), releaseWhenIdle(host, ended.signal)]);
    } finally {
      unlink.abort();
      await linked;
    }
    return isStopping;
  } catch (error) {
    if (ended.signal.aborted) return isStopping;
    // Often the first sign that the VM is going: the caller looks whether it is still there.
    log.info("round failed", { reason: String(error) });
    await host.clock.delay(retryMs, ended.signal).catch(() => undefined);
    return isStopping;
  } finally {
    signal.removeEventListener("abort", end);
    ended.abort();
    await docker?.close();
    await folders?.close();
    await forwards.close();
    await monitor.close();
  }
}

/** The one of an agent that was just killed may still be open on QEMU's side for a moment. */
async function openMonitor(
  host: Host,
  driver: Driver,
  log: AgentLog,
  signal: AbortSignal,
): Promise<Monitor | undefined> {
  const limit = host.clock.deadline(monitorLimitMs, signal);
  try {
    return await driver.openMonitor(limit);
  } catch (error) {
    log.info("QEMU's monitor not reached", { reason: String(error) });
    await host.clock.delay(retryMs, signal).catch(() => undefined); // Then the caller looks whether there is a VM at all.
    return undefined;
  }
}

async function sweepIfOff(host: Host, dir: MachineDir, driver: Driver): Promise<void> {
  if ((await driver.inspect()).state === "on") return;
  // The ssh client ends with its guest, and leaves the socket that it listened on. The next one is the next agent's.
  for (const path of [dir.tunnelSocket, dir.engineSocket]) await host.files.remove(path);
  // A command that holds the lock cleans up itself, and may just be starting the next VM.
  await using lock = await host.files.tryLock(dir.lock);
  if (lock !== undefined && (await driver.inspect()).state === "off") await driver.sweep();
}
