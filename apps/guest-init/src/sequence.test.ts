import { describe, expect, it } from "vitest";
import type { Phase, Task } from "./plan.ts";
import { Problem } from "./problem.ts";
import { runPhases } from "./sequence.ts";
import { FakeClock, settle } from "./testing/fake-clock.ts";

/** Tasks that only have a name: any kind without fields will do. */
type Kind = "await-host" | "open-data-disk" | "start-engine" | "start-ssh";

function phase(name: string, kind: Kind, rest: Partial<Phase> = {}): Phase {
  return { name, after: [], tasks: [{ kind }], limitMs: 1000, onFailure: "degrade", hint: "look", ...rest };
}

/** Runs phases whose tasks end when the test says so; `history` is what was reported. */
function start(phases: readonly Phase[]) {
  const clock = new FakeClock();
  const history: string[] = [];
  const work = new Map<string, PromiseWithResolvers<undefined>>();
  const signals = new Map<string, AbortSignal>();
  const stop = new AbortController();
  const end = runPhases(
    phases,
    {
      clock,
      execute: async (task: Task, signal: AbortSignal) => {
        const control = Promise.withResolvers<undefined>();
        work.set(task.kind, control);
        signals.set(task.kind, signal);
        history.push(`do ${task.kind}`);
        await control.promise;
      },
      report: (event, fields) => void history.push(`${event} ${String(fields["phase"])}`),
      degraded: (name, reason) => void history.push(`degraded ${name} ${reason.code}`),
    },
    stop.signal,
  );
  return {
    clock,
    history,
    signals,
    stop,
    end,
    succeed: async (kind: Kind) => {
      work.get(kind)?.resolve(undefined);
      await settle();
    },
    fail: async (kind: Kind, error: Error) => {
      work.get(kind)?.reject(error);
      await settle();
    },
  };
}

describe("runPhases", () => {
  it("starts a phase when all that it comes after have ended, and others beside it", async () => {
    const run = start([
      phase("host", "await-host"),
      phase("disk", "open-data-disk"),
      phase("engine", "start-engine", { after: ["host", "disk"] }),
    ]);
    await settle();
    await run.succeed("await-host");
    expect(run.history).toEqual([
      "phase.started host",
      "do await-host",
      "phase.started disk",
      "do open-data-disk",
      "task.done host",
      "phase.done host",
    ]);
    await run.succeed("open-data-disk");
    expect(run.history.slice(6)).toEqual([
      "task.done disk",
      "phase.done disk",
      "phase.started engine",
      "do start-engine",
    ]);
    await run.succeed("start-engine");
    await expect(run.end).resolves.toBeUndefined();
  });

  it("does the tasks of a phase one after the other", async () => {
    const run = start([phase("both", "await-host", { tasks: [{ kind: "await-host" }, { kind: "start-ssh" }] })]);
    await settle();
    expect(run.history).not.toContain("do start-ssh");
    await run.succeed("await-host");
    expect(run.history).toContain("do start-ssh");
    await run.succeed("start-ssh");
    await run.end;
  });

  it("goes on after a phase that may degrade, with its reason", async () => {
    const run = start([phase("host", "await-host"), phase("engine", "start-engine", { after: ["host"] })]);
    await settle();
    await run.fail("await-host", new Problem("folders-host-away", "no host", "start it"));
    expect(run.history.slice(2)).toEqual([
      "phase.failed host",
      "degraded host folders-host-away",
      "phase.started engine",
      "do start-engine",
    ]);
    await run.succeed("start-engine");
    await expect(run.end).resolves.toBeUndefined();
  });

  it("names the phase in the reason of an error that has none of its own", async () => {
    const run = start([phase("disk", "open-data-disk", { onFailure: "abort" })]);
    await settle();
    await run.fail("open-data-disk", new Error("EIO", { cause: new Error("bad sector") }));
    await expect(run.end).resolves.toEqual({
      phase: "disk",
      reason: { code: "disk-failed", message: "disk: EIO: bad sector", hint: "look" },
    });
  });

  it("cancels and awaits the siblings of a phase that aborts, and skips what comes after", async () => {
    const run = start([
      phase("host", "await-host"),
      phase("disk", "open-data-disk", { onFailure: "abort" }),
      phase("engine", "start-engine", { after: ["disk"] }),
    ]);
    await settle();
    await run.fail("open-data-disk", new Error("EIO"));
    expect(run.signals.get("await-host")?.aborted).toBe(true);
    expect(run.history.slice(4)).toEqual(["phase.failed disk", "phase.skipped engine", "phase.failed host"]);
    await expect(run.end).resolves.toMatchObject({ phase: "disk" });
  });

  it("fails a phase at its limit, even when its task does not heed the signal", async () => {
    const run = start([phase("engine", "start-engine", { limitMs: 500 })]);
    await run.clock.advance(499);
    expect(run.history).not.toContain("phase.failed engine");
    await run.clock.advance(1);
    expect(run.history.slice(2)).toEqual(["phase.failed engine", "degraded engine engine-timeout"]);
    await expect(run.end).resolves.toBeUndefined();
  });

  it("rejects when it is told to end", async () => {
    const run = start([phase("host", "await-host")]);
    run.end.catch(() => undefined); // looked at below
    await settle();
    run.stop.abort(new Error("shutdown"));
    await expect(run.end).rejects.toThrow("shutdown");
    expect(run.history).not.toContain("degraded host host-failed");
  });
});
