import type { ServiceState } from "@boot2docker/protocol";
import type { Log } from "./log.ts";
import { messageOf } from "./problem.ts";
import { awaitReadiness } from "./readiness.ts";
import type { ServiceSpec } from "./services.ts";
import type { ProcessIdentity, System } from "./system.ts";
import { unlessAborted } from "./unless-aborted.ts";
import { pauseMs, type ServiceEffect, type ServiceEvent, TRANSITIONS } from "./transitions.ts";

/** One that was ready for so long has recovered: its failures before that count no more. */
const STABLE_MS = 60_000;
/** How often one that is ready has to answer, and within what time. */
const WATCH_INTERVAL_MS = 30_000;
const ANSWER_LIMIT_MS = 20_000;
const LOG_TAIL_BYTES = 600;

export interface ServiceObserver {
  /** Before each start. */
  prepare(spec: ServiceSpec): Promise<void>;
  changed(service: Service): void;
  log: Log;
}

/** One process that is kept alive. The table in transitions.ts says when what is done; this does it. */
export class Service {
  readonly spec: ServiceSpec;
  readonly #system: System;
  readonly #observer: ServiceObserver;
  #state: ServiceState = "stopped";
  #process: ProcessIdentity | undefined;
  #failures = 0;
  #graceMs = 0;
  #restarts = 0;
  #readySinceMs: number | undefined;
  #detail: string | undefined;
  /** Ends what waits in the current state: probe, pause, grace. */
  #waits = new AbortController();
  #changed = Promise.withResolvers<undefined>();

  constructor(spec: ServiceSpec, system: System, observer: ServiceObserver) {
    this.spec = spec;
    this.#system = system;
    this.#observer = observer;
  }

  get state(): ServiceState {
    return this.#state;
  }
  get process(): ProcessIdentity | undefined {
    return this.#process;
  }
  get restarts(): number {
    return this.#restarts;
  }
  /** Why it is not ready, when it should be. */
  get detail(): string | undefined {
    return this.#detail;
  }

  start(): void {
    if (this.#state === "failed") this.#failures = 0;
    this.#post("start");
  }

  /** Takes over a process that runs already. */
  adopt(process: ProcessIdentity): void {
    this.#process = process;
    this.#post("adopt");
    this.#follow(process);
  }

  /** SIGTERM, and SIGKILL after `graceMs`. Resolves when no process is left. */
  async stop(graceMs: number, signal: AbortSignal): Promise<void> {
    this.#graceMs = graceMs;
    this.#post("stop");
    await this.until((state) => state === "stopped", signal);
  }

  /** Fails when it is `failed` instead. */
  async ready(signal: AbortSignal): Promise<void> {
    await this.until((state) => state === "ready" || state === "failed", signal);
    if (this.#state === "failed")
      throw new Error(`${this.spec.id} keeps failing: ${this.#detail ?? "no reason known"}`);
  }

  async until(reached: (state: ServiceState) => boolean, signal: AbortSignal): Promise<void> {
    while (!reached(this.#state)) await unlessAborted(this.#changed.promise, signal);
  }

  #post(event: ServiceEvent): void {
    const transition = TRANSITIONS[this.#state][event];
    if (transition === undefined) return;
    const [state, ...effects] = transition;
    this.#waits.abort(new Error(`${this.spec.id} is ${state} now`));
    this.#waits = new AbortController();
    this.#state = state;
    if (state === "ready") {
      this.#readySinceMs = this.#system.clock.uptimeMs();
      this.#detail = undefined;
    }
    for (const effect of effects) this.#perform(effect);
    this.#observer.changed(this);
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers();
  }

  #perform(effect: ServiceEffect): void {
    const waits = this.#waits.signal;
    switch (effect) {
      case "spawn":
        void this.#spawn();
        return;
      case "probe":
        awaitReadiness(this.spec.readiness, this.#system, waits).then(
          () => this.#post("answered"),
          (error: unknown) => {
            if (!waits.aborted) this.#detail = messageOf(error);
          },
        );
        return;
      case "watch":
        // Of others a connection proves nothing, since the kernel takes it, and sshd writes a line about each.
        if (this.spec.readiness.kind === "ping") void this.#watch(waits);
        return;
      case "pause":
        this.#system.clock.wait(pauseMs(this.#failures), waits).then(
          () => this.#post("timeout"),
          () => undefined, // it was told to stop meanwhile
        );
        return;
      case "terminate":
        this.#kill("SIGTERM");
        this.#system.clock.wait(this.#graceMs, waits).then(
          () => this.#post("timeout"),
          () => undefined, // it ended in time
        );
        return;
      case "kill":
        this.#kill("SIGKILL");
        return;
      default:
        effect satisfies never;
    }
  }

  /** Ends with the state. A process that hangs is told, and not ended: what it does may be worth waiting for. */
  async #watch(waits: AbortSignal): Promise<void> {
    const { clock } = this.#system;
    for (;;) {
      try {
        await clock.wait(WATCH_INTERVAL_MS, waits);
        await awaitReadiness(this.spec.readiness, this.#system, clock.deadline(ANSWER_LIMIT_MS, waits));
      } catch {
        if (waits.aborted) return;
        this.#detail = `no answer for ${ANSWER_LIMIT_MS / 1000} s`;
        this.#post("silent");
      }
    }
  }

  #kill(signalName: "SIGTERM" | "SIGKILL"): void {
    if (this.#process === undefined) return;
    this.#system.processes.kill(this.#process, signalName).catch((error: unknown) => {
      this.#observer.log.error("cannot signal a service", { service: this.spec.id, reason: messageOf(error) });
    });
  }

  async #spawn(): Promise<void> {
    try {
      for (const path of this.spec.leftovers) await this.#system.files.remove(path);
      await this.#observer.prepare(this.spec);
      const process = await this.#system.processes.start(this.spec.process);
      this.#process = process;
      this.#post("spawned");
      this.#follow(process);
    } catch (error) {
      await this.#ended(`cannot start: ${messageOf(error)}`);
    }
  }

  #follow(process: ProcessIdentity): void {
    // Never aborted: whoever stops the service waits for exactly this.
    this.#system.processes.exited(process, new AbortController().signal).then(
      (how) => this.#ended(how),
      (error: unknown) => this.#ended(messageOf(error)),
    );
  }

  async #ended(how: string): Promise<void> {
    const wanted = this.#state !== "stopping";
    const { clock } = this.#system;
    if (this.#readySinceMs !== undefined && clock.uptimeMs() - this.#readySinceMs > STABLE_MS) this.#failures = 0;
    this.#readySinceMs = undefined;
    this.#process = undefined;
    if (!wanted) {
      this.#post("exited");
      return;
    }
    this.#failures += 1;
    this.#restarts += 1;
    this.#detail = `${how}${await this.#lastLines()}`;
    const { maxFailures } = this.spec;
    this.#post(maxFailures !== undefined && this.#failures >= maxFailures ? "exhausted" : "exited");
  }

  async #lastLines(): Promise<string> {
    const { io } = this.spec.process;
    if (!("logPath" in io)) return "";
    try {
      const size = (await this.#system.files.stat(io.logPath))?.sizeBytes ?? 0;
      if (size === 0) return "";
      const from = Math.max(0, size - LOG_TAIL_BYTES);
      const bytes = await this.#system.files.readPart(io.logPath, from, LOG_TAIL_BYTES);
      return `; its last words: ${new TextDecoder().decode(bytes).trim()}`;
    } catch (error) {
      return `; its log cannot be read: ${messageOf(error)}`;
    }
  }
}
