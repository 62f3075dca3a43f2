import type { GuestState, Reason } from "@boot2docker/protocol";
import type { Monitor } from "../driver/driver.ts";
import { isServing } from "../guest-state.ts";
import { nameMachine } from "../hint-commands.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { type AgentLog, trimLog } from "./agent-log.ts";
import { Bell } from "./bell.ts";
import type { Forwards } from "./forwards.ts";
import { vmProblems } from "./vm-problems.ts";

/** How often all is looked at although nothing told of a change. */
const roundMs = 60_000;
/** How often what could not be had is tried again. */
const retryMs = 5_000;
/** However fast things fail: between two looks. */
const pauseMs = 500;
const maxLogBytes = 1 << 20;
const maxConsoleBytes = 4 << 20;
/** Much less than the 10 s after which the kernel starts again by itself. */
const lastWordsMs = 1_000;
const consoleTailBytes = 8 << 10;

export interface VmWatchOptions {
  host: Host;
  dir: MachineDir;
  monitor: Monitor;
  forwards: Pick<Forwards, "converge" | "isBehind">;
  log: AgentLog;
  /** Of the agent's time with this VM. */
  signal: AbortSignal;
}

/** Looks after a VM: what QEMU says of it, its ports, its logs. */
export class VmWatch {
  readonly #options: VmWatchOptions;
  readonly #bell: Bell;
  #problems: readonly Reason[] = [];
  #hasServed = false;

  constructor(options: VmWatchOptions) {
    this.#options = options;
    this.#bell = new Bell(options.host.clock);
  }

  get problems(): readonly Reason[] {
    return this.#problems;
  }

  heard(state: GuestState): void {
    this.#hasServed ||= isServing(state);
  }

  /** Something may have changed. */
  lookSoon(): void {
    this.#bell.ring();
  }

  /** Until `signal` aborts; then, or when QEMU does not answer, it rejects. */
  async run(): Promise<never> {
    const { host, dir, monitor, forwards, log, signal } = this.#options;
    const end = (): void => this.#bell.ring();
    signal.addEventListener("abort", end, { once: true });
    for (;;) {
      const runState = await this.look();
      const isFull = runState === "io-error" && (await this.#triesInVain());
      if (runState === "guest-panicked" && this.#hasServed) {
        // Once: a kernel that panics before it serves again would do so for ever.
        this.#hasServed = false;
        log.info("the guest's kernel panicked: reset", { console: dir.consoleLog });
        await monitor.reset(signal);
        continue;
      }
      await trimLog(host, dir.agentLog, maxLogBytes);
      await trimLog(host, dir.tunnelLog, maxLogBytes);
      await trimLog(host, dir.consoleLog, maxConsoleBytes);
      // That a VM which was tried stands still again is no news.
      await host.clock.delay(isFull ? retryMs : pauseMs, signal);
      await this.#bell.wait(isFull || forwards.isBehind ? retryMs : roundMs);
      signal.throwIfAborted();
    }
  }

  /** The write that found no room is made again; without any QEMU pauses at once. */
  async #triesInVain(): Promise<boolean> {
    const { host, monitor, signal } = this.#options;
    await monitor.resume(signal);
    await host.clock.delay(pauseMs, signal);
    return (await this.look()) === "io-error";
  }

  /** Returns QEMU's run state. */
  async look(): Promise<string> {
    const { host, dir, monitor, signal } = this.#options;
    const runState = await monitor.runState(signal);
    const refused = await this.#converge();
    if (runState === "guest-panicked") await this.#letItSpeak();
    const said = runState === "running" ? "" : await readConsoleTail(host, dir);
    this.#problems = [...vmProblems(runState, said), ...refused].map((reason) => nameMachine(reason, dir.name));
    return runState;
  }

  /** What keeps ports from being carried is told, and no reason to let go of the VM. */
  async #converge(): Promise<Reason[]> {
    const { forwards, log, signal } = this.#options;
    try {
      return await forwards.converge();
    } catch (error) {
      if (signal.aborted) throw error;
      log.info("ports not carried", { reason: String(error) });
      return [{ code: "ports-not-carried", message: `ports are not carried: ${String(error)}` }];
    }
  }

  /** A kernel that panics tells QEMU first, and its console when no other processor holds that: the VM is paused by then. */
  async #letItSpeak(): Promise<void> {
    const { host, monitor, signal } = this.#options;
    await monitor.resume(signal);
    await host.clock.delay(lastWordsMs, signal);
    await monitor.pause(signal);
  }
}

async function readConsoleTail(host: Host, dir: MachineDir): Promise<string> {
  const size = (await host.files.stat(dir.consoleLog))?.sizeBytes ?? 0;
  const bytes = await host.files.readPart(dir.consoleLog, Math.max(0, size - consoleTailBytes), consoleTailBytes);
  return new TextDecoder().decode(bytes);
}
