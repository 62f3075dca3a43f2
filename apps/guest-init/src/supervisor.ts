import * as z from "zod/mini";
import type { Log } from "./log.ts";
import { SERVICES_FILE } from "./paths.ts";
import { messageOf } from "./problem.ts";
import { Service } from "./service.ts";
import { isDeepEqual } from "./deep-equal.ts";
import type { ServiceId, ServiceSpec } from "./services.ts";
import type { System } from "./system.ts";

const Saved = z.array(z.object({ spec: z.unknown(), process: z.object({ pid: z.int(), startMark: z.string() }) }));

export interface SupervisorOptions {
  system: System;
  log: Log;
  /** Before each start of a service. */
  prepare(spec: ServiceSpec): Promise<void>;
  changed(service: Service): void;
}

/**
 * Keeps services running, across deaths of this very program: what runs is written down in memory (/run) with pid and
 * start time, and taken over by the next guest-init instead of being started again.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #services = new Map<ServiceId, Service>();
  #saving: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Takes over what an earlier guest-init left running; to be called once, before the first `ensure`. */
  async recall(): Promise<void> {
    const { files, processes } = this.#options.system;
    const text = await files.readText(SERVICES_FILE);
    if (text === undefined) return;
    for (const { spec, process } of z.parse(Saved, JSON.parse(text))) {
      const now = await processes.identify(process.pid);
      // Only `#save` writes this file, and it lives no longer than the kernel that this binary came with.
      if (now?.startMark === process.startMark) this.#add(spec as ServiceSpec).adopt(process);
    }
  }

  get(id: ServiceId): Service | undefined {
    return this.#services.get(id);
  }

  get services(): readonly Service[] {
    return [...this.#services.values()];
  }

  /** Whether a process runs that was started by exactly this spec. */
  runs(spec: ServiceSpec): boolean {
    const service = this.#services.get(spec.id);
    return service?.process !== undefined && isDeepEqual(service.spec, spec);
  }

  /** Makes it run by this spec: starts it, or restarts one that runs by another. Does not wait for `ready`. */
  async ensure(spec: ServiceSpec, graceMs: number, signal: AbortSignal): Promise<Service> {
    const present = this.#services.get(spec.id);
    const isSame = present !== undefined && isDeepEqual(present.spec, spec);
    if (!isSame) await present?.stop(graceMs, signal);
    const service = isSame ? present : this.#add(spec);
    service.start();
    return service;
  }

  async stop(id: ServiceId, graceMs: number, signal: AbortSignal): Promise<void> {
    await this.#services.get(id)?.stop(graceMs, signal);
  }

  async stopAll(graceMs: number, signal: AbortSignal): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop(graceMs, signal)));
  }

  #add(spec: ServiceSpec): Service {
    const service = new Service(spec, this.#options.system, {
      log: this.#options.log,
      prepare: (next) => this.#options.prepare(next),
      changed: (changed) => {
        this.#save();
        this.#options.changed(changed);
      },
    });
    this.#services.set(spec.id, service);
    return service;
  }

  #save(): void {
    const rows = this.services.flatMap(({ spec, process }) => (process === undefined ? [] : [{ spec, process }]));
    const { system, log } = this.#options;
    this.#saving = this.#saving
      .then(() => system.files.write(SERVICES_FILE, JSON.stringify(rows), { mode: 0o600 }))
      .catch((error: unknown) => log.error("cannot write the list of services", { reason: messageOf(error) }));
  }
}
