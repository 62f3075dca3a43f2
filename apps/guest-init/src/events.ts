import { GuestEvent } from "@boot2docker/protocol";
import * as z from "zod/mini";
import type { Fields, Log } from "./log.ts";
import { EVENTS_FILE } from "./paths.ts";
import type { System } from "./system.ts";

const KEPT_EVENTS = 512;
/** Of JSON text with room to spare: no event comes near it, and a frame holds it in any encoding. */
const ANSWER_BYTES = 256 * 1024;
/** The file is rewritten when it holds so many lines more than are kept. */
const SLACK_LINES = 1024;

/**
 * The numbered history of this boot, in memory and in /run: the next guest-init goes on where this one died.
 *
 * Only the newest events are kept; `since` says how many are missing.
 */
export class Events {
  readonly #system: System;
  readonly #log: Log;
  #kept: GuestEvent[] = [];
  #sequence = 0;
  #linesInFile = 0;
  #persisted = false;
  readonly #listeners: ((event: GuestEvent) => void)[] = [];

  constructor(system: System, log: Log) {
    this.#system = system;
    this.#log = log;
  }

  get sequence(): number {
    return this.#sequence;
  }

  onEvent(listener: (event: GuestEvent) => void): void {
    this.#listeners.push(listener);
  }

  emit(name: string, fields: Fields = {}): void {
    const { clock } = this.#system;
    this.#sequence += 1;
    const event: GuestEvent = {
      sequence: this.#sequence,
      at: clock.now().toISOString(),
      uptimeMs: clock.uptimeMs(),
      name,
      fields: { ...fields },
    };
    this.#kept.push(event);
    if (this.#kept.length > KEPT_EVENTS) this.#kept.shift();
    this.#log.info(name, fields);
    if (this.#persisted) this.#write([event]);
    for (const listener of this.#listeners) listener(event);
  }

  /** Takes over the history of an earlier guest-init; what was emitted before this call follows it. */
  async recall(): Promise<void> {
    const text = (await this.#system.files.readText(EVENTS_FILE)) ?? "";
    // The last line may be cut off by the death that made this necessary.
    const old = text.split("\n").flatMap((line) => parseEvent(line));
    const offset = old.at(-1)?.sequence ?? 0;
    const own = this.#kept.map((event) => ({ ...event, sequence: event.sequence + offset }));
    this.#sequence += offset;
    this.#kept = [...old, ...own].slice(-KEPT_EVENTS);
    this.#persisted = true;
    this.#linesInFile = old.length;
    this.#write(own);
  }

  /** As many as fit into one message; who wants the rest asks again from the last of them. */
  since(sequence: number): { events: GuestEvent[]; lost: number } {
    const events = this.#kept.filter((event) => event.sequence > sequence);
    const first = events[0]?.sequence ?? this.#sequence + 1;
    let room = ANSWER_BYTES;
    const end = events.findIndex((event) => (room -= JSON.stringify(event).length) < 0);
    return { events: end === -1 ? events : events.slice(0, end), lost: Math.max(0, first - sequence - 1) };
  }

  #write(events: readonly GuestEvent[]): void {
    const { files } = this.#system;
    this.#linesInFile += events.length;
    const rewrite = this.#linesInFile > KEPT_EVENTS + SLACK_LINES;
    if (rewrite) this.#linesInFile = this.#kept.length;
    const text = (rewrite ? this.#kept : events).map((event) => `${JSON.stringify(event)}\n`).join("");
    const written = rewrite ? files.write(EVENTS_FILE, text) : files.append(EVENTS_FILE, text);
    written.catch((error: unknown) => this.#log.error("cannot write the events", { reason: String(error) }));
  }
}

function parseEvent(line: string): GuestEvent[] {
  try {
    return [z.parse(GuestEvent, JSON.parse(line))];
  } catch {
    return []; // the end of the file, or a line that was being written
  }
}
