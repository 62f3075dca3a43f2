import { UserError } from "../errors.ts";
import type { Host, ProcessIdentity } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import type { Driver, DriverInfo, VmSpec } from "./driver.ts";
import { probeQemu } from "./qemu-accelerator.ts";
import { dataNode, qemuArgv, readVmSize } from "./qemu-argv.ts";
import { isTooOld, qemuMissing, qemuTooOld } from "./qemu-install.ts";
import { openQemuMonitor } from "./qemu-monitor.ts";
import { connectQmp, type Qmp } from "./qmp.ts";

const program = "qemu-system-x86_64";
const startLimitMs = 30_000;
const quitLimitMs = 5_000;
const pollMs = 50;
const logTailBytes = 2_000;

export function qemuDriver(host: Host, dir: MachineDir): Driver {
  const openMonitor = async (path: string, signal: AbortSignal): Promise<Qmp> =>
    connectQmp(await host.network.connectUnix(path, signal), host.clock, signal);

  const inspectProcess = async (): Promise<ProcessIdentity | undefined> => {
    const pid = Number((await host.files.readText(dir.pid))?.trim());
    const found = pid > 0 ? await host.processes.identify(pid) : undefined;
    // The number may be another process's by now; ours has the path of this very file among its arguments.
    return found?.commandLine.includes(dir.pid) ? found : undefined;
  };

  const untilGone = async (target: ProcessIdentity, signal: AbortSignal): Promise<void> => {
    while ((await host.processes.identify(target.pid))?.startMark === target.startMark) {
      await host.clock.delay(pollMs, signal);
    }
  };

  const kill = async (target: ProcessIdentity, signal: AbortSignal): Promise<void> => {
    try {
      // `quit` lets QEMU write its caches to the disk image; a QEMU that hangs gets the signal.
      const limit = host.clock.deadline(quitLimitMs, signal);
      await using monitor = disposable(await openMonitor(dir.commandMonitor, limit));
      await monitor.value.execute("quit", {}, limit);
      await untilGone(target, limit);
    } catch {
      signal.throwIfAborted();
      await host.processes.kill(target, "kill");
      await untilGone(target, signal);
    }
  };

  const failure = async (message: string, cause?: unknown): Promise<UserError> => {
    const said = await logTail(host, dir.qemuLog);
    return new UserError(`${message}${said === "" ? "" : `: ${said}`}`, {
      code: "vm-start-failed",
      hint: startHint(said, dir),
      cause,
    });
  };

  return {
    async probe(signal) {
      const binary = await host.processes.find(program);
      if (binary === undefined) throw await qemuMissing(host, program);
      const info = await probeQemu(host, dir.root, binary, signal);
      if (isTooOld(info.version)) throw qemuTooOld(binary, info.version);
      return info;
    },

    async start(spec: VmSpec, info: DriverInfo, signal) {
      if ((await inspectProcess()) !== undefined) return;
      await sweep(host, dir);
      if ((await host.files.stat(dir.consoleLog)) !== undefined) {
        await host.files.rename(dir.consoleLog, dir.previousConsoleLog);
      }
      await host.files.writeAtomic(dir.qemuLog, "");
      const argv = qemuArgv(spec, info.accelerator, dir);
      const started = await host.processes.startDetached(info.binary, argv, dir.qemuLog);
      const limit = host.clock.deadline(startLimitMs, signal);
      try {
        for (;;) {
          const alive = await host.processes.identify(started.pid);
          // Two at once: QEMU's own lock on the pid file let one of them live, and that one is as good as ours.
          const running = await inspectProcess();
          if (running !== undefined && (await answers(host, dir, limit))) return;
          if (alive === undefined && running === undefined) throw await failure("QEMU ended at once");
          await host.clock.delay(pollMs, limit);
        }
      } catch (error) {
        if (error instanceof UserError || signal.aborted) throw error;
        throw await failure(`QEMU did not start in ${startLimitMs / 1000} s`, error);
      }
    },

    async inspect() {
      const process = await inspectProcess();
      if (process === undefined) return { state: "off" };
      const size = readVmSize(process.commandLine);
      return { state: "on", process, ...(size && { size }) };
    },

    async stop(how, signal) {
      const running = await inspectProcess();
      if (running === undefined) return;
      if (how === "kill") return kill(running, signal);
      await using monitor = disposable(await openMonitor(dir.commandMonitor, signal));
      await monitor.value.execute("system_powerdown", {}, signal);
    },

    async reset(signal) {
      await using monitor = disposable(await openMonitor(dir.commandMonitor, signal));
      await monitor.value.execute("system_reset", {}, signal);
      await monitor.value.execute("cont", {}, signal);
    },

    async growDisk(sizeBytes, signal) {
      await using monitor = disposable(await openMonitor(dir.commandMonitor, signal));
      await monitor.value.execute("block_resize", { "node-name": dataNode, size: sizeBytes }, signal);
    },

    sweep: () => sweep(host, dir),
    openChannel: (signal) => host.network.connectUnix(dir.channelSocket, signal),
    openMonitor: async (signal) => openQemuMonitor(await openMonitor(dir.agentMonitor, signal)),
  };
}

/** The monitor for commands is there as soon as QEMU has set the machine up. */
async function answers(host: Host, dir: MachineDir, signal: AbortSignal): Promise<boolean> {
  try {
    const channel = await host.network.connectUnix(dir.commandMonitor, signal);
    await channel.close();
    return true;
  } catch {
    return false;
  }
}

async function sweep(host: Host, dir: MachineDir): Promise<void> {
  const left = [dir.pid, dir.channelSocket, dir.agentMonitor, dir.commandMonitor, dir.consoleSocket];
  for (const path of left) await host.files.remove(path);
}

async function logTail(host: Host, path: string): Promise<string> {
  const size = (await host.files.stat(path))?.sizeBytes ?? 0;
  const bytes = await host.files.readPart(path, Math.max(0, size - logTailBytes), logTailBytes);
  const lines = new TextDecoder().decode(bytes).trim().split("\n").slice(-3);
  return lines.map((line) => line.replace(/^\S*qemu-system-\S+: /, "")).join("; ");
}

function startHint(said: string, dir: MachineDir): string {
  if (/cannot allocate memory|cannot set up guest memory/i.test(said)) {
    return `Give the machine less memory (\`boot2docker set ${dir.name} memory=1g\`), or end other programs.`;
  }
  if (/failed to get .*lock/i.test(said))
    return `Another program has the data disk ${dir.dataDisk} open: end it first.`;
  return `Everything that QEMU said is in ${dir.qemuLog}.`;
}

function disposable(value: Qmp): AsyncDisposable & { value: Qmp } {
  return { value, [Symbol.asyncDispose]: () => value.close() };
}
