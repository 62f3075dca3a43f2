import type { GuestConfig, GuestState, Lifecycle } from "@boot2docker/protocol";
import { BindSources } from "./bind-sources.ts";
import { correctClock } from "./clock.ts";
import { closeConsoles, openConsoles, sayOnConsoles, wantsConsoles } from "./consoles.ts";
import { isDeepEqual } from "./deep-equal.ts";
import { watchSpace } from "./disk-space.ts";
import { Events } from "./events.ts";
import { HostLink } from "./host-link.ts";
import { engineReady } from "./engine-tasks.ts";
import { writeEngineConfig } from "./live-restore.ts";
import type { LogFile } from "./log.ts";
import { rotateForever } from "./log-rotation.ts";
import { NameService } from "./name-service.ts";
import { EARLY_LOG, PID_FILE, SHUTDOWN_FILE } from "./paths.ts";
import { BOOT, EARLY, type Phase } from "./plan.ts";
import { SHUTDOWN } from "./shutdown-plan.ts";
import { messageOf } from "./problem.ts";
import { QuietMemory } from "./quiet-memory.ts";
import { PublishedPorts } from "./published-ports.ts";
import { renewCertificate } from "./renew-certificate.ts";
import { serveGuest } from "./rpc-handlers.ts";
import { type Abortion, runPhases } from "./sequence.ts";
import type { Service } from "./service.ts";
import type { ServiceId } from "./services.ts";
import { deriveLifecycle, noObservations, renderState } from "./state.ts";
import { Supervisor } from "./supervisor.ts";
import type { PowerMode, System } from "./system.ts";
import { executeTask, type TaskContext } from "./tasks.ts";
import { keepTime } from "./time-keeper.ts";
import { unlessAborted } from "./unless-aborted.ts";

export interface GuestOptions {
  system: System;
  log: LogFile;
  /** Of the image. */
  version: string;
  /** Of this process. */
  pid: number;
  /** How often PID 1 had to start it again since the kernel came up. */
  restarts: number;
}

/** For the host to take what it was told last. */
const LAST_WORDS_MS = 500;

/** Which phase failed when a service did not get ready in time; done again when it does get ready later. */
const PHASE_OF: Record<ServiceId, string> = {
  containerd: "containerd",
  dockerd: "engine",
  sshd: "ssh",
  dhcp: "network",
  console: "",
  screen: "",
};

/** The phases that `ready` waits for: all up to the one of that name. */
const UNTIL_READY = BOOT.slice(0, BOOT.findIndex(({ name }) => name === "ready") + 1).map(({ name }) => name);

/** This machine, from the first mount to the power switch. */
export class Guest {
  readonly #options: GuestOptions;
  readonly #seen = noObservations();
  readonly #events: Events;
  readonly #supervisor: Supervisor;
  readonly #ports: PublishedPorts;
  readonly #memory: QuietMemory;
  readonly #shutdown = Promise.withResolvers<PowerMode>();
  #link: HostLink | undefined;
  #context: TaskContext | undefined;
  #wake = Promise.withResolvers<undefined>();
  #settling: Promise<void> = Promise.resolve();
  /** Resolved at the end of a run of the plan. */
  #converged = Promise.withResolvers<GuestConfig | null | undefined>();

  constructor(options: GuestOptions) {
    const { system, log } = options;
    this.#options = options;
    this.#events = new Events(system, log);
    this.#memory = new QuietMemory(system);
    this.#ports = new PublishedPorts({
      system,
      tell: async (ports, signal) =>
        (await this.#link?.connection?.call("ports.publish", { ports }, signal))?.refused ?? [],
      report: (name, fields) => this.#events.emit(name, fields),
    });
    this.#supervisor = new Supervisor({
      system,
      log,
      prepare: async ({ id, config }) => {
        if (id === "dockerd" && config !== undefined) await writeEngineConfig(config, system);
      },
      changed: (service) => this.#serviceChanged(service),
    });
  }

  /** The first request counts. */
  requestShutdown(mode: PowerMode): void {
    this.#shutdown.resolve(mode);
  }

  /** Returns when the machine was told to end and the kernel has refused to do so. */
  async run(): Promise<void> {
    const { system, log, restarts, pid } = this.#options;
    const life = new AbortController();
    const context = await this.#prepare();
    const early = await this.#runPlan(EARLY, context, life.signal);
    log.moveTo(EARLY_LOG);
    await this.#events.recall();
    await system.files.write(PID_FILE, `${pid}\n`);
    await context.bindSources.serve();
    await this.#supervisor.recall();
    const inherited = this.#supervisor.services.map(({ spec: { id } }) => id);
    this.#events.emit(restarts === 0 ? "guest.started" : "guest.restarted", {
      restarts,
      inherited: inherited.join(" "),
    });

    const background = [
      context.link.run(life.signal),
      rotateForever(system, (error) => log.warn("cannot rotate logs", { reason: messageOf(error) }), life.signal),
      keepTime({ system, link: context.link, report: context.report }, life.signal),
      watchSpace(
        this.#seen,
        system,
        () => {
          const { diskFull } = this.#seen;
          this.#events.emit("data-disk.space", { isFull: diskFull !== undefined, message: diskFull?.message ?? "" });
          this.#publish();
        },
        (error) => log.warn("cannot look at the disk's space", { reason: messageOf(error) }),
        life.signal,
      ),
      system.powerButton(life.signal).then(
        () => this.requestShutdown("poweroff"),
        (error: unknown) => {
          if (!life.signal.aborted) log.warn("the power button has no effect", { reason: messageOf(error) });
        },
      ),
    ];
    const begun = await system.files.readText(SHUTDOWN_FILE);
    if (begun !== undefined) this.requestShutdown(begun === "reboot" ? "reboot" : "poweroff");
    const work = new AbortController();
    const working = begun === undefined ? this.#work(early, context, work.signal) : Promise.resolve();
    const mode = await this.#shutdown.promise;
    this.#seen.isStopping = true;
    await system.files.write(SHUTDOWN_FILE, mode);
    this.#events.emit("guest.stopping", { mode });
    this.#publish();
    // What is being started must not be started any more while it is stopped.
    work.abort(new Error("the machine ends"));
    await Promise.allSettled([working]);
    await this.#runPlan(SHUTDOWN, context, new AbortController().signal);
    await context.link.drain(system.clock.deadline(LAST_WORDS_MS, life.signal));
    life.abort(new Error("the machine ends"));
    system.power(mode);
    await Promise.allSettled(background);
  }

  async #prepare(): Promise<TaskContext> {
    const { system, log, version } = this.#options;
    this.#link = new HostLink({
      system,
      version,
      bootId: (await system.files.readText("/proc/sys/kernel/random/boot_id"))?.trim() ?? system.clock.randomId(),
      handlers: serveGuest({
        system,
        events: this.#events,
        state: () => this.#state(),
        dataDisk: () => this.#seen.dataDisk,
        folders: () => this.#seen.folders,
        requestShutdown: (mode) => this.requestShutdown(mode),
        applyConfig: (signal) => this.#applyConfig(signal),
        renewCertificate: (signal) => renewCertificate(this.#context, () => this.#convergeAgain(), signal),
      }),
      onHostTime: (now) => {
        const offsetMs = correctClock(now, system.clock);
        this.#events.emit("clock.compared", { offsetMs });
      },
      onConfig: (config) => this.#configChanged(config),
      report: (name, fields) => this.#events.emit(name, fields),
    });
    const link = this.#link;
    this.#events.onEvent((event) => link.sendEvent(event));
    this.#context = {
      system,
      log,
      seen: this.#seen,
      supervisor: this.#supervisor,
      link,
      ports: this.#ports,
      names: new NameService({
        system,
        askHost: async (name, signal) => (await link.connection?.call("names.resolve", { name }, signal))?.addresses,
        report: (event, fields) => this.#events.emit(event, fields),
      }),
      bindSources: new BindSources(system, () => this.#memory.worked()),
      config: undefined,
      folders: Promise.withResolvers(),
      engine: undefined,
      mustRenew: false,
      report: (name, fields) => this.#events.emit(name, fields),
      engineSettled: () => this.#settling,
      publish: () => this.#publish(),
    };
    return this.#context;
  }

  #work(early: Abortion, context: TaskContext, signal: AbortSignal): Promise<void> {
    return early === undefined ? this.#converge(context, signal) : this.#enterRescue(early, signal);
  }

  async #applyConfig(signal: AbortSignal): Promise<void> {
    await this.#link?.refresh(signal);
    let heeded = this.#context?.config;
    // What failed may have failed for a reason that is gone.
    if (this.#lifecycle().name !== "ready") heeded = await unlessAborted(this.#convergeAgain(), signal);
    // A run of the plan that had begun already may be behind the phase that heeds a part of it: then the next one does.
    while (!this.#seen.isStopping && !isDeepEqual(heeded, this.#link?.config)) {
      heeded = await unlessAborted(this.#convergeAgain(), signal);
    }
  }

  /** Resolves at the end of a run of the plan, with what it took the machine to be, or of the machine. */
  async #convergeAgain(): Promise<GuestConfig | null | undefined> {
    this.#wake.resolve(undefined);
    return Promise.race([this.#converged.promise, this.#shutdown.promise.then(() => undefined)]);
  }

  /** Brings the machine to what the host says, now and whenever it says something else. */
  async #converge(context: TaskContext, signal: AbortSignal): Promise<void> {
    const { system, log } = this.#options;
    const isAlone = await wantsConsoles(system);
    for (;;) {
      this.#wake = Promise.withResolvers();
      context.config = undefined;
      context.folders = Promise.withResolvers();
      this.#seen.rescue = undefined;
      this.#seen.degraded.clear();
      this.#seen.unmet = [...UNTIL_READY];
      try {
        if (isAlone) await openConsoles(system, this.#supervisor, signal);
        else await closeConsoles(this.#supervisor, signal);
        await this.#enterRescue(await this.#runPlan(BOOT, context, signal), signal);
        if (isAlone) await sayOnConsoles(this.#lifecycle(), system, log);
      } catch (error) {
        if (signal.aborted) return;
        log.error("the boot failed in a way of its own", { reason: messageOf(error) });
      }
      this.#publish();
      this.#converged.resolve(context.config);
      this.#converged = Promise.withResolvers();
      await Promise.race([this.#wake.promise, this.#shutdown.promise]);
      if (this.#seen.isStopping) return;
    }
  }

  async #runPlan(phases: readonly Phase[], context: TaskContext, signal: AbortSignal): Promise<Abortion> {
    return runPhases(
      phases,
      {
        clock: context.system.clock,
        execute: (task, taskSignal) => executeTask(task, context, taskSignal),
        report: (name, fields) => {
          this.#events.emit(name, fields);
          this.#phaseChanged(name, String(fields["phase"]));
        },
        degraded: (phase, reason) => {
          this.#seen.degraded.set(phase, reason);
        },
      },
      signal,
    );
  }

  #phaseChanged(event: string, phase: string): void {
    const { running, unmet } = this.#seen;
    if (event === "phase.started") running.push(phase);
    else if (event === "task.done") return;
    else {
      this.#seen.running = running.filter((name) => name !== phase);
      this.#seen.unmet = unmet.filter((name) => name !== phase);
    }
    this.#publish();
  }

  async #enterRescue(aborted: Abortion, signal: AbortSignal): Promise<void> {
    if (aborted === undefined) return;
    this.#seen.rescue = aborted.reason;
    this.#options.log.error(aborted.reason.message, { code: aborted.reason.code });
    this.#events.emit("guest.rescue", { code: aborted.reason.code, message: aborted.reason.message });
    this.#publish();
    await openConsoles(this.#options.system, this.#supervisor, signal);
  }

  #configChanged(config: GuestConfig): void {
    void this.#ports.announce();
    // Before the plan took the host's word there is nothing to repeat.
    if (this.#context?.config === undefined) return;
    const isNews = !isDeepEqual(this.#context.config, config);
    if (isNews) this.#events.emit("config.changed");
    // What failed may have failed for want of this host.
    if (isNews || this.#lifecycle().name !== "ready") this.#wake.resolve(undefined);
  }

  #serviceChanged(service: Service): void {
    const { id } = service.spec;
    this.#events.emit("service.state", {
      service: id,
      state: service.state,
      ...(service.process && { pid: service.process.pid }),
      ...(service.detail !== undefined && { detail: service.detail }),
    });
    if (service.state === "ready" && this.#seen.degraded.has(PHASE_OF[id])) this.#wake.resolve(undefined);
    if (service.state === "ready" && id === "dockerd" && this.#context !== undefined) {
      this.#settling = engineReady(service, this.#context);
    }
    this.#publish();
  }

  #lifecycle(): Lifecycle {
    const facts = this.#supervisor.services.map(({ spec: { id }, state, detail }) => ({ id, state, detail }));
    return deriveLifecycle(this.#seen, facts);
  }

  #publish(): void {
    this.#memory.worked();
    this.#link?.publish(() => this.#state());
  }

  #state(): Promise<GuestState> {
    const { system } = this.#options;
    return renderState(this.#seen, this.#lifecycle(), this.#events.sequence, this.#supervisor.services, system);
  }
}
