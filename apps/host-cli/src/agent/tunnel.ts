import type { Channel } from "@boot2docker/protocol";
import type { Host, ProcessIdentity } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { escapePercent, pinnedOptions, quote, renderKnownHosts, sshUser } from "../ssh/openssh.ts";
import { guestAddress } from "./guest-network.ts";
import { type Listener, renderAddress } from "./listeners.ts";

const openLimitMs = 10_000;
const commandLimitMs = 10_000;
const pollMs = 20;
/** paths.ts of guest-init. */
const guestDockerSocket = "/run/docker.sock";

/**
 * TCP ports of the host that lead into the guest, all through one connection of OpenSSH's client: to QEMU's own forwards a
 * handful of clients at once are too many. It outlives this process, so that what it carries goes on without an agent; the next
 * agent begins with another one. ssh(1), -O. docs/adr/0011
 */
export class Tunnel {
  readonly #host: Host;
  readonly #dir: MachineDir;
  readonly #program: string;
  readonly #sshPort: number;
  #process: ProcessIdentity | undefined;
  #hasEngine = false;
  #hasFolders = false;
  /** Where the guest is to find this host's folders; undefined as long as nobody wants any. */
  #foldersPort: number | undefined;
  /** Open as long as the client lives. For a while after its end the system still has a process of that number. */
  #watched: Channel | undefined;
  #onEnd: () => void = () => undefined;
  /** Of this connection, by `listenKey`. */
  readonly #listeners = new Map<string, Listener>();

  private constructor(host: Host, dir: MachineDir, program: string, sshPort: number) {
    this.#host = host;
    this.#dir = dir;
    this.#program = program;
    this.#sshPort = sshPort;
  }

  /** Undefined on a host without an ssh that can do it. */
  static async find(host: Host, dir: MachineDir, sshPort: number): Promise<Tunnel | undefined> {
    // Its build for Windows has no control sockets.
    const program = host.platform === "win32" ? undefined : await host.processes.find("ssh");
    return program === undefined ? undefined : new Tunnel(host, dir, program, sshPort);
  }

  /** Calls `listener` when one that was up ends by itself. */
  onEnd(listener: () => void): void {
    this.#onEnd = listener;
  }

  get listeners(): readonly Listener[] {
    return [...this.#listeners.values()];
  }

  has(listener: Listener): boolean {
    return this.#listeners.has(listenKey(listener));
  }

  /** Whether it is up; starts it when it is not. `hostKeys` are the guest's, in the form of authorized_keys. */
  async open(hostKeys: readonly string[], signal: AbortSignal): Promise<boolean> {
    const { processes, files } = this.#host;
    if (this.#watched !== undefined) {
      await this.#leadToFolders(signal);
      return true;
    }
    await this.close(signal);
    await files.writeAtomic(this.#dir.knownHosts, renderKnownHosts(this.#sshPort, hostKeys));
    this.#process = await processes.startDetached(this.#program, this.#arguments(), this.#dir.tunnelLog);
    if (!(await this.#answers(this.#process, signal)) || !(await this.#watch(signal))) return false;
    const { engineSocket } = this.#dir;
    this.#hasEngine = await this.#command(
      "forward",
      ["-L", `${engineSocket.replaceAll(":", "\\:")}:${guestDockerSocket}`],
      signal,
    );
    await this.#leadToFolders(signal);
    return true;
  }

  /** From when it is opened next, that port of the guest's loopback leads to this host's folders. */
  wantFolders(port: number): void {
    this.#foldersPort = port;
  }

  /** Whether it leads there now. */
  get hasFolders(): boolean {
    return this.#hasFolders;
  }

  async #leadToFolders(signal: AbortSignal): Promise<void> {
    const { foldersSocket } = this.#dir;
    if (this.#foldersPort === undefined || this.#hasFolders) return;
    const option = `127.0.0.1:${this.#foldersPort}:${foldersSocket.replaceAll(":", "\\:")}`;
    this.#hasFolders = await this.#command("forward", ["-R", option], signal);
  }

  /** The client says hello to whoever opens its control socket, and waits for what that wants. False when it is gone. */
  async #watch(signal: AbortSignal): Promise<boolean> {
    try {
      this.#watched = await this.#host.network.connectUnix(this.#dir.tunnelSocket, signal);
      void this.#waitForEnd(this.#watched, signal);
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      return false;
    }
  }

  async #waitForEnd(channel: Channel, signal: AbortSignal): Promise<void> {
    const abandon = (): void => void this.#abandonWatch();
    signal.addEventListener("abort", abandon, { once: true });
    try {
      const incoming = channel.incoming[Symbol.asyncIterator]();
      while ((await incoming.next()).done !== true);
    } catch {
      // A connection that breaks has ended, too.
    }
    signal.removeEventListener("abort", abandon);
    if (this.#watched !== channel) return;
    this.#watched = undefined;
    this.#onEnd();
  }

  async #abandonWatch(): Promise<void> {
    const channel = this.#watched;
    this.#watched = undefined;
    await channel?.close();
  }

  /** Where the guest's Docker answers; undefined while it does not do so through here. */
  get engineSocket(): string | undefined {
    return this.#hasEngine ? this.#dir.engineSocket : undefined;
  }

  /** False when the host's port cannot be had, or the connection is gone: then it is not up any more. */
  async add(listener: Listener, signal: AbortSignal): Promise<boolean> {
    // Known before it is made: what was made and is not known would never be removed.
    this.#listeners.set(listenKey(listener), listener);
    if (await this.#command("forward", ["-L", forwardOption(listener)], signal)) return true;
    this.#listeners.delete(listenKey(listener));
    if (!(await this.#command("check", [], signal))) await this.close(signal);
    return false;
  }

  async remove(listener: Listener, signal: AbortSignal): Promise<void> {
    const isRemoved = await this.#command("cancel", ["-L", forwardOption(listener)], signal);
    this.#listeners.delete(listenKey(listener));
    // What it may still carry goes with it.
    if (!isRemoved) await this.close(signal);
  }

  /** Ends it, an earlier agent's too, with all that it carries. Idempotent. */
  async close(signal: AbortSignal): Promise<void> {
    const { files, processes } = this.#host;
    const own = this.#process;
    this.#process = undefined;
    this.#hasEngine = false;
    this.#hasFolders = false;
    this.#listeners.clear();
    await this.#abandonWatch();
    if ((await files.stat(this.#dir.tunnelSocket)) !== undefined) {
      await this.#command("exit", [], signal);
      await files.remove(this.#dir.tunnelSocket);
    }
    if (own !== undefined) await processes.kill(own, "terminate");
  }

  async #answers(started: ProcessIdentity, signal: AbortSignal): Promise<boolean> {
    const { clock, processes, files } = this.#host;
    const until = clock.monotonicMs() + openLimitMs;
    while (clock.monotonicMs() < until && !signal.aborted) {
      if ((await files.stat(this.#dir.tunnelSocket)) !== undefined && (await this.#command("check", [], signal)))
        return true;
      if ((await processes.identify(started.pid))?.startMark !== started.startMark) return false;
      await clock.delay(pollMs, signal).catch(() => undefined); // Aborted: the loop's condition sees it.
    }
    await processes.kill(started, "terminate");
    return false;
  }

  /** One that does not end in time has failed. */
  async #command(what: string, more: readonly string[], signal: AbortSignal): Promise<boolean> {
    const { clock, processes } = this.#host;
    const argv = ["-F", "none", "-S", escapePercent(this.#dir.tunnelSocket), "-O", what, ...more, "boot2docker"];
    try {
      const { code } = await processes.run(this.#program, argv, clock.deadline(commandLimitMs, signal));
      return code === 0;
    } catch (error) {
      if (signal.aborted) throw error;
      return false;
    }
  }

  #arguments(): string[] {
    const options = {
      ControlMaster: "yes",
      ControlPath: quote(this.#dir.tunnelSocket),
      ...pinnedOptions(this.#dir),
      BatchMode: "yes",
      // What is recorded of a loopback today is of no use to whoever breaks it one day: the way that costs the least.
      KexAlgorithms: "curve25519-sha256",
      // What an earlier one left is nobody's.
      StreamLocalBindUnlink: "yes",
      LogLevel: "ERROR",
      // A guest that is gone without a word. One that is paused for long gets another connection when it goes on.
      ConnectTimeout: "10",
      ServerAliveInterval: "30",
      ServerAliveCountMax: "3",
    };
    // No file of the user's: what is in it is for other hosts.
    const words = ["-F", "none", "-N", "-n", "-T", "-p", String(this.#sshPort), "-l", sshUser];
    return [...words, ...Object.entries(options).map(([name, value]) => `-o${name}=${value}`), "127.0.0.1"];
  }
}

const listenKey = ({ address, port, guestPort }: Listener): string => `${renderAddress(address, port)} ${guestPort}`;

function forwardOption({ address, port, guestPort }: Listener): string {
  return `${renderAddress(address, port)}:${guestAddress}:${guestPort}`;
}
