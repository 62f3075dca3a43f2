import {
  connectGuest,
  FORMAT_REQUEST,
  type Folder,
  type Channel,
  type GuestConfig,
  type GuestState,
  type Lifecycle,
  type PublishedPort,
  type RefusedPort,
} from "@boot2docker/protocol";
import type { FakeWorld } from "./fake-world.ts";
import type { GuestBehaviour } from "./guest-behaviour.ts";

type Guest = Awaited<ReturnType<typeof connectGuest>>;

/** A QEMU process with a guest in it: two monitors, a channel, a data disk that it "formats" by writing to it. */
export class FakeVm {
  readonly argv: readonly string[];
  readonly forwards = new Map<number, number>();
  /** What the host said to the guest, and the guest did. */
  readonly history: string[] = [];
  timesTold = 0;
  /** How often a monitor was asked what state it is in. */
  timesAsked = 0;
  isReady = false;
  config: GuestConfig | undefined;
  readonly #world: FakeWorld;
  readonly #behaviour: GuestBehaviour;
  readonly #exit: () => void;
  readonly #channels = new Set<Channel>();
  readonly #ended = new AbortController();
  #guest: Guest | undefined;
  #sequence = 1;
  #openings = 0;
  #lifecycle: Lifecycle = { name: "starting", phase: "pseudo-fs", unmet: ["data-disk"] };
  #isMounted = false;
  readonly #tellMonitors = new Set<(message: object) => Promise<void>>();
  #folders: Folder[] = [];
  /** What the guest was told of folders that are watched. */
  readonly touched: { path: string; modifiedNs: string }[] = [];

  constructor(world: FakeWorld, argv: readonly string[], behaviour: GuestBehaviour, exit: () => void) {
    this.#world = world;
    this.argv = argv;
    this.#behaviour = behaviour;
    this.#exit = exit;
  }

  begin(pid: number): void {
    const { disk } = this.#world;
    if (this.#behaviour.startError !== undefined) {
      disk.put(this.#pathOf("qmp1").replace("qmp.sock", "qemu.log"), this.#behaviour.startError);
      this.#exit();
      return;
    }
    disk.put(this.#valueOf("-pidfile"), `${pid}\n`);
    for (const id of ["qmp0", "qmp1"]) this.#listen(id, (channel) => void this.#serveQmp(channel));
    this.#listen("channel", (channel) => void this.#boot(channel));
  }

  /** The process is gone: whatever it held with it. Files stay. */
  end(): void {
    this.isReady = false;
    this.#ended.abort();
    for (const port of this.forwards.keys()) this.#world.ports.delete(port);
    this.forwards.clear();
    for (const id of ["qmp0", "qmp1", "channel"]) this.#world.listeners.delete(this.#pathOf(id));
    for (const channel of this.#channels) void channel.close();
  }

  /** QEMU stops it by itself, and says so. */
  async pause(runState: string): Promise<void> {
    this.#behaviour.runState = runState;
    for (const tell of this.#tellMonitors) await tell({ event: "STOP" });
  }

  #listen(id: string, serve: (channel: Channel) => void): void {
    const path = this.#pathOf(id);
    this.#world.disk.put(path, "", { kind: "socket" });
    this.#world.listeners.set(path, (channel) => {
      this.#channels.add(channel);
      serve(channel);
    });
  }

  async #serveQmp(channel: Channel): Promise<void> {
    const say = (message: object): Promise<void> =>
      channel.write(new TextEncoder().encode(`${JSON.stringify(message)}\r\n`)).catch(() => undefined);
    this.#tellMonitors.add(say);
    await say({ QMP: { version: {}, capabilities: [] } });
    let rest = "";
    for await (const bytes of channel.incoming) {
      const lines = (rest + new TextDecoder().decode(bytes)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const { execute, arguments: args, id } = JSON.parse(line) as QmpRequest; // What our own client wrote.
        await say({ id, return: this.#execute(execute, args) });
        if (execute !== "cont") continue;
        await say({ event: "RESUME" });
        // As long as its reason is there.
        if (this.#behaviour.runState !== undefined) await say({ event: "STOP" });
      }
    }
  }

  #execute(command: string, args: QmpRequest["arguments"]): unknown {
    switch (command) {
      case "query-status":
        this.timesAsked += 1;
        return { status: this.#behaviour.runState ?? "running" };
      case "human-monitor-command":
        return this.#human(args?.["command-line"] ?? "");
      case "cont":
        this.history.push("resume");
        return {};
      case "system_reset":
        this.history.push("reset");
        delete this.#behaviour.runState;
        this.#bootAgain();
        return {};
      case "block_resize":
        this.history.push(`disk grown to ${String(args?.["size"])}`);
        return {};
      case "quit":
        this.history.push("quit");
        void this.#quit();
        return {};
      case "system_powerdown":
        this.history.push("power button");
        this.#shutDown("poweroff");
        return {};
      default:
        return {};
    }
  }

  async #quit(): Promise<void> {
    const { quitMs = 0 } = this.#behaviour;
    if (quitMs === Infinity) return;
    await this.#world.clock.delay(quitMs, this.#ended.signal).then(this.#exit, () => undefined);
  }

  #human(line: string): string {
    const add = /^hostfwd_add net0 (?:tcp|udp):([\d.]+):(\d+)-:(\d+)$/.exec(line);
    if (add !== null) {
      const [hostPort, guestPort] = [Number(add[2]), Number(add[3])];
      if (this.#world.bindFailures.has(add[1] ?? "") || this.#world.ports.has(hostPort))
        return `Could not set up host forwarding rule '${line}'\r\n`;
      this.#world.ports.set(hostPort, "qemu");
      this.forwards.set(hostPort, guestPort);
      return "";
    }
    const remove = /^hostfwd_remove net0 (?:tcp|udp):[\d.]+:(\d+)$/.exec(line);
    if (remove !== null) {
      this.#world.ports.delete(Number(remove[1]));
      this.forwards.delete(Number(remove[1]));
      return "host forwarding rule removed\r\n";
    }
    const rows = [...this.forwards].map(
      ([hostPort, guestPort]) =>
        `  TCP[HOST_FORWARD]  13       127.0.0.1 ${hostPort}       10.0.2.15  ${guestPort}     0     0\r\n`,
    );
    return [
      "Hub -1 (net0):\r\n",
      "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n",
      ...rows,
    ].join("");
  }

  /** From each opening of the channel: a guest that lost its host says hello again. */
  async #boot(channel: Channel): Promise<void> {
    this.#openings += 1;
    if (this.#behaviour.isSilent === true || this.#openings <= (this.#behaviour.deafTo ?? 0)) return;
    await this.#world.clock.delay(this.#behaviour.helloMs ?? 0, this.#ended.signal).catch(() => undefined);
    const hello = {
      role: "guest" as const,
      protocol: { min: 1, max: 1 },
      version: "0.1.0",
      bootId: "boot-1",
      now: "1970-01-01T00:00:00Z",
      features: [],
    };
    try {
      const guest = await connectGuest(
        {
          channel,
          hello,
          clock: this.#world.clock,
          handlers: {
            "state.get": async () => this.#state(),
            "events.since": async ({ sequence }) => ({
              events: (this.#behaviour.events ?? []).filter((event) => event.sequence > sequence),
              lost: 0,
            }),
            "logs.read": async () => ({ text: "", nextOffset: 0 }),
            "clock.set": async () => {
              this.timesTold += 1;
              return { offsetMs: 0 };
            },
            "certificate.renew": async () => {
              this.history.push("certificate renewed");
              return {};
            },
            "disk.grow": async () => {
              this.history.push("file system grown");
              return { sizeBytes: 1 };
            },
            "disk.trim": async () => ({ trimmedBytes: 3 * 2 ** 20 }),
            "folders.touch": async ({ changes }) => {
              this.touched.push(...changes);
              return {};
            },
            "config.apply": async () => {
              await this.#askConfig();
              return {};
            },
            shutdown: async ({ mode }) => {
              this.history.push("shutdown asked");
              this.#shutDown(mode);
              return {};
            },
          },
        },
        this.#ended.signal,
      );
      this.#guest = guest;
      this.history.push("connected");
      if (this.config === undefined) await this.#askConfig();
      await this.#goOn();
    } catch (error) {
      if (!this.#ended.signal.aborted) this.history.push(`channel lost: ${String(error)}`);
    }
  }

  async #askConfig(): Promise<void> {
    this.config = await this.#guest?.call("config.get", {}, this.#ended.signal);
    this.#folders = (this.config?.folders?.list ?? []).filter(({ path }) => path !== this.#behaviour.unmountable);
    const { unusable } = this.#behaviour;
    if (unusable !== undefined && this.#lifecycle.name !== "starting") {
      const reason = { code: "engine-settings", message: `the engine runs without ${unusable}` };
      const isRefused = unusable in (this.config?.engine?.daemon ?? {});
      this.#lifecycle = isRefused ? { name: "degraded", reasons: [reason] } : { name: "ready" };
    }
    await this.#guest?.notify("state.changed", this.#state());
  }

  /** All that its containers publish: the guest tells the host. */
  async publish(ports: PublishedPort[]): Promise<RefusedPort[]> {
    const answer = await this.#guest?.call("ports.publish", { ports }, this.#ended.signal);
    return answer?.refused ?? [];
  }

  async #goOn(): Promise<void> {
    const { clock } = this.#world;
    if (this.#lifecycle.name !== "starting") return;
    await clock.delay(1_000, this.#ended.signal);
    if (this.#behaviour.lifecycle?.name !== "rescue") this.#mount();
    await this.#become({ name: "starting", phase: "engine", unmet: ["dockerd"] });
    await clock.delay(2_000, this.#ended.signal);
    this.isReady = this.#behaviour.lifecycle?.name !== "rescue";
    await this.#become(this.#behaviour.lifecycle ?? { name: "ready" });
  }

  #mount(): void {
    const { disk } = this.#world;
    const path = [...disk.entries.keys()].find((name) => name.endsWith("/data.raw")) ?? "";
    if (disk.text(path) === FORMAT_REQUEST) {
      this.history.push("formatted");
      const sparseBytes = disk.entries.get(path)?.sparseBytes;
      disk.put(path, "ext4", sparseBytes === undefined ? {} : { sparseBytes });
    }
    this.#isMounted = true;
  }

  async #become(lifecycle: Lifecycle): Promise<void> {
    this.#lifecycle = lifecycle;
    this.#sequence += 1;
    this.history.push(lifecycle.name === "starting" ? lifecycle.phase : lifecycle.name);
    await this.#guest?.notify("state.changed", this.#state());
  }

  #shutDown(mode: "poweroff" | "reboot"): void {
    if (this.#behaviour.ignoresShutdown === true) return;
    this.#lifecycle = { name: "stopping" };
    void this.#guest?.notify("state.changed", this.#state()).catch(() => undefined); // A guest that nobody attends.
    const next = mode === "poweroff" ? this.#exit : () => this.#bootAgain();
    void this.#world.clock.delay(500, this.#ended.signal).then(next, () => undefined);
  }

  #bootAgain(): void {
    this.isReady = false;
    this.#isMounted = false;
    this.#lifecycle = { name: "starting", phase: "pseudo-fs", unmet: ["data-disk"] };
    void this.#guest?.close();
  }

  #state(): GuestState {
    const dataDisk = { device: "/dev/vdb", sizeBytes: 1, freeBytes: 1, readOnly: false };
    return {
      sequence: this.#sequence,
      lifecycle: this.#lifecycle,
      uptimeMs: 1,
      services: this.isReady ? [{ name: "dockerd", state: "ready", restarts: 0 }] : [],
      sshHostKeys: [],
      folders: this.#folders,
      addresses: [],
      ...(this.#isMounted ? { dataDisk } : {}),
    };
  }

  #valueOf(option: string): string {
    return this.argv[this.argv.indexOf(option) + 1] ?? "";
  }

  #pathOf(chardev: string): string {
    const found = this.argv.find((arg) => arg.startsWith(`socket,id=${chardev},`));
    return /path=([^,]+)/.exec(found ?? "")?.[1] ?? "";
  }
}

interface QmpRequest {
  execute: string;
  arguments?: { "command-line"?: string; size?: number };
  id: number;
}
