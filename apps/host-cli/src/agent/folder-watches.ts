import type { guestMethods, ParamsOf } from "@boot2docker/protocol";
import type { Host, Watch } from "../host.ts";
import type { HostFolder } from "../machine-dir/config-file.ts";
import type { AgentLog } from "./agent-log.ts";

type Changes = ParamsOf<typeof guestMethods, "folders.touch">["changes"];

/** Editors write a file in several steps. */
const settleMs = 50;
/** As many as fit a message. */
const mostAtOnce = 512;
/** What the protocol takes. */
const longestPath = 1024;
/** Those of some messages. */
const mostAnnounced = 8192;
/** Of a whole tree that is unpacked nobody wants to hear each file. */
const mostPending = 4096;

export interface FolderWatchesOptions {
  host: Host;
  log: AgentLog;
  tell: (changes: Changes, signal: AbortSignal) => Promise<void>;
  /** Of the agent. */
  signal: AbortSignal;
}

/** Tells the guest what changes in the folders that are to be watched. One message at a time; what comes meanwhile goes with the next. */
export class FolderWatches {
  readonly #options: FolderWatchesOptions;
  readonly #watches = new Map<string, Promise<Watch | undefined>>();
  readonly #pending = new Set<string>();
  /** The last ones, in order. */
  readonly #announced = new Set<bigint>();
  #isTelling = false;

  constructor(options: FolderWatchesOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.want([]), { once: true });
  }

  want(folders: readonly HostFolder[]): void {
    const paths = folders.filter(({ watch }) => watch).map(({ path }) => path);
    for (const [path, watch] of this.#watches) {
      if (paths.includes(path)) continue;
      this.#watches.delete(path);
      void watch.then((opened) => opened?.close());
    }
    for (const path of paths) if (!this.#watches.has(path)) this.#watches.set(path, this.#open(path));
  }

  async #open(path: string): Promise<Watch | undefined> {
    const { host, log } = this.#options;
    try {
      return await host.files.watch(
        path,
        (changed) => this.#changed(changed),
        (reason) => log.info("a folder is not watched as a whole", { path, reason }),
      );
    } catch (error) {
      log.info("a folder is not watched", { path, reason: String(error) });
      return undefined;
    }
  }

  /** Whether a time of modification is one that the guest was told: its touch of a file, which may have been written to since. */
  isAnnounced(ns: bigint): boolean {
    return this.#announced.has(ns);
  }

  #announce(ns: bigint): void {
    this.#announced.delete(ns);
    this.#announced.add(ns);
    for (const old of this.#announced) {
      if (this.#announced.size <= mostAnnounced) break;
      this.#announced.delete(old);
    }
  }

  #changed(path: string): void {
    if (this.#pending.size >= mostPending) return;
    this.#pending.add(path);
    if (!this.#isTelling) void this.#tell();
  }

  async #tell(): Promise<void> {
    const { host, log, tell, signal } = this.#options;
    this.#isTelling = true;
    try {
      while (this.#pending.size > 0) {
        await host.clock.delay(settleMs, signal);
        const paths = [...this.#pending].slice(0, mostAtOnce);
        for (const path of paths) this.#pending.delete(path);
        const changes = await this.#read(paths);
        if (changes.length > 0) await tell(changes, signal);
      }
    } catch (error) {
      // What changes while the guest is away nobody in it hears of.
      this.#pending.clear();
      if (!signal.aborted) log.info("the guest was not told of changes", { reason: String(error) });
    } finally {
      this.#isTelling = false;
    }
  }

  async #read(paths: readonly string[]): Promise<Changes> {
    const changes: Changes = [];
    for (const path of paths) {
      // Of a path that can't be looked at there is nothing to say.
      const modifiedNs = await this.#options.host.files.modifiedNs(path).catch(() => undefined);
      if (modifiedNs === undefined || modifiedNs < 0n || path.length > longestPath) continue;
      changes.push({ path, modifiedNs: String(modifiedNs) });
      this.#announce(modifiedNs);
    }
    return changes;
  }
}
