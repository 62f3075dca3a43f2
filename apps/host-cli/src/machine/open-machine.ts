import { connectToAgent, openAgent, type AgentConnection } from "../agent/open-agent.ts";
import { describeAutostart, enableAutostart, forgetAutostart } from "../autostart/autostart.ts";
import {
  describeContext,
  ensureContext,
  forgetContext,
  isActive,
  useContext,
} from "../docker-context/docker-context.ts";
import type { Driver } from "../driver/driver.ts";
import { qemuDriver } from "../driver/qemu.ts";
import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import { readMachineConfig } from "../machine-dir/config-file.ts";
import { machineAbsent } from "../machine-dir/machines.ts";
import { readInherited } from "../machine-dir/inherited.ts";
import { openClientAccess } from "./client-access.ts";
import { findWaiting, runChangeConfig } from "./change-config.ts";
import type { Context } from "./context.ts";
import { checkMachineDirectory } from "./create.ts";
import { checkDataDisk } from "./data-disk.ts";
import { runCheckDisk, runGrowDisk, runTrimDisk } from "./disk-care.ts";
import { machineDir, type MachineDir } from "../machine-dir/dir.ts";
import { withLock } from "./lock.ts";
import type { Machine, Progress } from "./machine.ts";
import { observe, type Observation } from "./observe.ts";
import { readCertificates } from "./read-certificates.ts";
import { readFolders, runMount, runUnmount } from "./folders.ts";
import { readPorts } from "./read-ports.ts";
import { runRenewCertificates } from "./renew-certificates.ts";
import { deriveStatus } from "./status.ts";
import { removeUnfinished, runRemove } from "./remove.ts";
import { runReset } from "./reset.ts";
import { runDown, runPowerOff } from "./stop.ts";
import { runUp } from "./up.ts";

/** Nothing is read or made before a verb is called. Throws UserError `machine-name` (exit 2). */
export function openMachine(host: Host, name: string): Machine {
  const dir = machineDir(host, name);
  const driver = qemuDriver(host, dir);

  const checkExists = async (): Promise<void> => {
    if ((await host.files.stat(dir.config)) === undefined) throw await machineAbsent(host, name);
    await checkMachineDirectory(host, dir);
  };
  const locked = async <T>(
    progress: Progress,
    signal: AbortSignal,
    work: (context: Context) => Promise<T>,
  ): Promise<T> => {
    await checkExists();
    return withLock(host, { path: dir.lock, what: `machine ${name}`, progress, signal }, async () => {
      await checkExists(); // Who held the lock may have deleted it.
      return work({ host, dir, driver, progress, signal });
    });
  };

  return {
    name,
    readConfig: () => readMachineConfig(host, dir),

    async status(signal) {
      if ((await host.files.stat(dir.config)) === undefined) return { state: "absent" };
      if ((await driver.inspect()).state === "off") return { state: "stopped" };
      return deriveStatus(await lookOnce(host, dir, driver, signal));
    },

    up: (progress, signal) =>
      locked(progress, signal, async (context) => {
        await runUp(context, await readMachineConfig(host, dir));
        return openClientAccess(host, dir);
      }),

    down: (options, progress, signal) => locked(progress, signal, (context) => runDown(context, options)),

    powerOff: (progress, signal) => locked(progress, signal, runPowerOff),
    reset: (progress, signal) =>
      locked(progress, signal, async (context) => runReset(context, await readMachineConfig(host, dir))),

    async readDisk(signal) {
      await checkExists();
      await checkDataDisk(host, dir);
      const facts = await host.files.stat(dir.dataDisk);
      const seen = (await driver.inspect()).state === "on" ? await lookOnce(host, dir, driver, signal) : undefined;
      return {
        path: dir.dataDisk,
        sizeBytes: facts?.sizeBytes ?? 0,
        allocatedBytes: facts?.allocatedBytes ?? 0,
        ...(seen?.guest?.dataDisk && { guest: seen.guest.dataDisk }),
      };
    },

    changeConfig: (edit, progress, signal) =>
      locked(progress, signal, async (context) => runChangeConfig(context, edit(await readMachineConfig(host, dir)))),

    readWaiting: async () => {
      const [vm, { mode }] = await Promise.all([driver.inspect(), readInherited(host, dir)]);
      return findWaiting(vm, mode, await readMachineConfig(host, dir));
    },

    growDisk: (sizeBytes, progress, signal) => locked(progress, signal, (context) => runGrowDisk(context, sizeBytes)),

    trimDisk: (progress, signal) => locked(progress, signal, runTrimDisk),

    checkDisk: (progress, signal) => locked(progress, signal, runCheckDisk),

    readContext: () => describeContext(host, dir),

    isActive: async () => isActive(host, dir, (await readMachineConfig(host, dir)).dockerPort),

    async ensureContext({ isCurrent }) {
      await checkExists();
      await (isCurrent ? useContext(host, dir) : ensureContext(host, dir));
    },

    forgetContext: () => forgetContext(host, dir),

    async readAutostart(signal) {
      await checkExists();
      return describeAutostart(host, dir, signal);
    },

    async enableAutostart(signal) {
      await checkExists();
      await enableAutostart(host, dir, signal);
      return describeAutostart(host, dir, signal);
    },

    async disableAutostart(signal) {
      if (!(await forgetAutostart(host, dir, signal))) await checkExists();
      return describeAutostart(host, dir, signal);
    },

    readFolders: (signal) => readFolders(host, dir, driver, signal),
    mountFolder: (folder, progress, signal) => locked(progress, signal, (context) => runMount(context, folder)),
    unmountFolder: (path, isForced, progress, signal) =>
      locked(progress, signal, (context) => runUnmount(context, path, isForced)),

    readPorts: async (signal) => readPorts({ host, dir, signal }, await readMachineConfig(host, dir)),

    async readCertificates(signal) {
      await checkExists();
      const isOn = (await driver.inspect()).state === "on";
      return readCertificates(host, dir, await readMachineConfig(host, dir), isOn, signal);
    },

    renewCertificates: (options, progress, signal) =>
      locked(progress, signal, (context) => runRenewCertificates(context, options)),

    async remove(progress, signal) {
      try {
        await locked(progress, signal, runRemove);
      } catch (error) {
        const isAbsent = error instanceof UserError && error.code === "machine-absent";
        if (!isAbsent || (await host.files.stat(dir.path)) === undefined) throw error;
        await removeUnfinished({ host, dir, driver, progress, signal });
      }
    },
  };
}

/** How long a guest that runs takes at most to find an agent that was just started. */
const reunionMs = 3_000;
const pollMs = 100;

/** An agent that can't be had is a part of the state, not an error of asking for it. */
async function lookOnce(host: Host, dir: MachineDir, driver: Driver, signal: AbortSignal): Promise<Observation> {
  const present = await connectToAgent(host, dir, () => undefined, signal);
  const agent = present ?? (await startedAgent(host, dir, signal));
  const knowsBy = host.clock.monotonicMs() + (present === undefined ? reunionMs : 0);
  try {
    for (;;) {
      const seen = await observe(host, driver, agent, signal);
      if (seen.guest !== undefined || host.clock.monotonicMs() >= knowsBy) return seen;
      await host.clock.delay(pollMs, signal);
    }
  } finally {
    await agent?.close();
  }
}

async function startedAgent(host: Host, dir: MachineDir, signal: AbortSignal): Promise<AgentConnection | undefined> {
  try {
    return await openAgent(host, dir, () => undefined, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof UserError)) throw error;
    return undefined;
  }
}
