import type { Reason } from "@boot2docker/protocol";
import type { Fields } from "./log.ts";
import type { Phase, Task } from "./plan.ts";
import { messageOf, Problem } from "./problem.ts";
import type { SystemClock } from "./system.ts";
import { unlessAborted } from "./unless-aborted.ts";

export interface Sequence {
  /** Does one task; must end soon after `signal` aborts. */
  execute: (task: Task, signal: AbortSignal) => Promise<void>;
  report: (name: SequenceEvent, fields: Fields) => void;
  /** A phase failed that the plan goes on without. */
  degraded: (phase: string, reason: Reason) => void;
  clock: Pick<SystemClock, "uptimeMs" | "deadline">;
}
type SequenceEvent = "phase.started" | "phase.done" | "phase.failed" | "phase.skipped" | "task.done";

/** Present when the plan was given up: phases that depend on this one did not run. */
export type Abortion = { phase: string; reason: Reason } | undefined;

/**
 * Runs each phase as soon as those it comes after have ended. A phase that may not fail cancels the others; they are
 * awaited before this returns. Rejects only when `signal` aborts.
 */
export async function runPhases(phases: readonly Phase[], sequence: Sequence, signal: AbortSignal): Promise<Abortion> {
  let abortion: Abortion;
  const siblings = new AbortController();
  const all = AbortSignal.any([signal, siblings.signal]);
  const ends = new Map<string, Promise<void>>();
  for (const phase of phases) ends.set(phase.name, follow(phase));
  await Promise.all([...ends.values()]);
  signal.throwIfAborted();
  return abortion;

  async function follow(phase: Phase): Promise<void> {
    // A phase comes after the phases that it waits for: plan.test.ts holds the tables to that.
    await Promise.all(phase.after.map(async (name) => ends.get(name)));
    if (all.aborted) {
      sequence.report("phase.skipped", { phase: phase.name });
      return;
    }
    const startedMs = sequence.clock.uptimeMs();
    const durationMs = (): number => sequence.clock.uptimeMs() - startedMs;
    sequence.report("phase.started", { phase: phase.name });
    try {
      await runTasks(phase, sequence, all);
      sequence.report("phase.done", { phase: phase.name, durationMs: durationMs() });
    } catch (error) {
      const reason = reasonOf(phase, error);
      sequence.report("phase.failed", { phase: phase.name, durationMs: durationMs(), reason: reason.message });
      if (signal.aborted || siblings.signal.aborted) return; // it was cancelled, which is no failure of its own
      if (phase.onFailure === "degrade") {
        sequence.degraded(phase.name, reason);
        return;
      }
      abortion = { phase: phase.name, reason };
      siblings.abort(new Error(`phase ${phase.name} failed`));
    }
  }
}

async function runTasks(phase: Phase, { execute, report, clock }: Sequence, signal: AbortSignal): Promise<void> {
  const limited = clock.deadline(phase.limitMs, signal);
  for (const task of phase.tasks) {
    const startedMs = clock.uptimeMs();
    try {
      // One that does not heed its signal must not hold up the plan.
      await unlessAborted(execute(task, limited), limited);
    } catch (error) {
      if (!limited.aborted || signal.aborted) throw error;
      const message = `${task.kind} did not end within the ${phase.limitMs} ms of phase ${phase.name}`;
      throw new Problem(`${phase.name}-timeout`, message, phase.hint, { cause: error });
    }
    report("task.done", { phase: phase.name, task: task.kind, durationMs: clock.uptimeMs() - startedMs });
  }
}

function reasonOf(phase: Phase, error: unknown): Reason {
  if (error instanceof Problem) return error.reason;
  return { code: `${phase.name}-failed`, message: `${phase.name}: ${messageOf(error)}`, hint: phase.hint };
}
