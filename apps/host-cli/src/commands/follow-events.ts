import type { GuestEvent } from "@boot2docker/protocol";
import type { Clock } from "../host.ts";
import { awaitReturn } from "./agent-line.ts";

/** The numbered history of one machine; a guest that starts again counts from 1 again. Fails with RpcError while the guest is away. */
export interface EventSource {
  /** As `events.since` of the protocol. */
  since(sequence: number, signal: AbortSignal): Promise<{ events: GuestEvent[]; lost: number }>;
  /** Of the last event there is. */
  lastSequence(signal: AbortSignal): Promise<number>;
  /** Resolves when something may have happened since the last question, after a while in any case. */
  change(signal: AbortSignal): Promise<void>;
  /** Whether there is a guest to come back. */
  isOn(): Promise<boolean>;
  /** Hears that this waits for one. */
  onAway?(): void;
}

/** Events behind `since` in order, and how many the guest has forgotten. Follows until `signal` aborts or the machine is off. */
export async function* followEvents(
  source: EventSource,
  { since, isFollowing }: { since: number; isFollowing: boolean },
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<GuestEvent | { lost: number }> {
  let last = since;
  for (;;) {
    try {
      const { events, lost } = await source.since(last, signal);
      if (lost > 0) yield { lost };
      yield* events;
      last = events.at(-1)?.sequence ?? last;
      if (events.length > 0) continue;
      if ((await source.lastSequence(signal)) < last) last = 0;
      else if (isFollowing) await source.change(signal);
      else return;
    } catch (error) {
      if (!isFollowing) throw error;
      if (!(await awaitReturn(error, source, clock, signal))) return;
    }
  }
}
