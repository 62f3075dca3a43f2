import * as z from "zod/mini";
import type { Log } from "./log.ts";
import { SERVICES_FILE } from "./paths.ts";
import { Service } from "./service.ts";
import { isDeepEqual } from "./deep-equal.ts";
import type { ServiceId, ServiceSpec } from "./services.ts";
import type { ProcessIdentity, System } from "./system.ts";

const Saved = z.array(
  z.object({
    /** A spec as it was when the process was started. */
    spec: z.unknown(),
    id: z.string(),
    process: z.object({ pid: z.int(), startMark: z.string() }),
  }),
);

export interface SupervisorOptions {
  system: System;
  log: Log;
  changed(service: Service): void;
}

/**
 * Keeps services running, across deaths of this very program: what runs is written down in memory (/run) with pid and
 * start time, and taken over by the next guest-init instead of being started again.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #services = new Map<ServiceId, Service>();
  #inherited = new Map<string, { spec: unknown; process: ProcessIdentity }>();
  #saving: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Reads what an earlier guest-init left running; to be called once, before the first `ensure`. */
  async recall(): Promise<ServiceId[]> {
    const { files, processes } = this.#options.system;
    const text = await files.readText(SERVICES_FILE);
    if (text === undefined) return [];
    for (const { id, spec, process } of z.parse(Saved, JSON.parse(text))) {
      const now = await processes.identify(process.pid);
      if (now?.startMark === process.startMark) this.#inherited.set(id, { spec, process });
    }
    return [...this.#inherited.keys()] as ServiceId[]; // only ServiceIds are written
  }

  get(id: ServiceId): Service | undefined {
    return this.#services.get(id);
  }

  get services(): readonly Service[] {
    return [...this.#services.values()];
  }

  /** Whether a process runs, here or inherited, that was started by exactly this spec. */
  runs(spec: ServiceSpec): boolean {
    const inherited = this.#inherited.get(spec.id);
    if (inherited !== undefined) return isDeepEqual(inherited.spec, spec);
    const service = this.#services.get(spec.id);
    return service?.process !== undefined && isDeepEqual(service.spec, spec);
  }

  /** Makes it run by this spec: adopts, starts, or restarts one that runs by another. Does not wait for `ready`. */
  async ensure(spec: ServiceSpec, graceMs: number, signal: AbortSignal): Promise<Service> {
    const present = this.#services.get(spec.id);
    if (present !== undefined && isDeepEqual(present.spec, spec)) {
      present.start();
      return present;
    }
    await present?.stop(graceMs, signal);
    const service = new Service(spec, this.#options.system, {
      log: this.#options.log,
      changed: (changed) => {
        this.#save();
        this.#options.changed(changed);
      },
    });
    this.#services.set(spec.id, service);
    const inherited = this.#inherited.get(spec.id);
    this.#inherited.delete(spec.id);
    if (inherited !== undefined) {
      service.adopt(inherited.process);
      // Runs by another spec: it must end before the new one can take its place.
      if (!isDeepEqual(inherited.spec, spec)) await service.stop(graceMs, signal);
    }
    service.start();
    return service;
  }

  async stop(id: ServiceId, graceMs: number, signal: AbortSignal): Promise<void> {
    await this.#services.get(id)?.stop(graceMs, signal);
  }

  #save(): void {
    const rows = this.services.flatMap((service) =>
      service.process === undefined ? [] : [{ id: service.spec.id, spec: service.spec, process: service.process }],
    );
    // What is inherited and not adopted yet must not be forgotten when this process dies, too.
    for (const [id, { spec, process }] of this.#inherited)
      rows.push({ id: id as ServiceId, spec: spec as ServiceSpec, process });
    const text = JSON.stringify(rows);
    this.#saving = this.#saving
      .then(() => this.#options.system.files.write(SERVICES_FILE, text, { mode: 0o600 }))
      .catch((error: unknown) =>
        this.#options.log.error("cannot write the list of services", { reason: String(error) }),
      );
  }
}
