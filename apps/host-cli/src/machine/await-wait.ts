import { UserError } from "../errors.ts";
import type { Clock } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import type { Progress } from "./machine.ts";
import { checkHope, type Wait } from "./readiness.ts";
import type { Watch } from "./watch.ts";

/** Looks until the wait is met. Throws UserError `timeout` after its limit, or at once when there is no hope. */
export async function awaitWait(
  wait: Wait,
  watch: Watch,
  dir: MachineDir,
  clock: Clock,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const row = progress.begin(wait.name, wait.limitMs);
  const limit = clock.deadline(wait.limitMs, signal);
  let missing = "";
  try {
    for (;;) {
      const seen = await watch.look(limit);
      if (wait.isMet(seen)) break;
      checkHope(seen, dir);
      missing = wait.detail(seen);
      row.update(missing);
      await watch.change(limit);
    }
    row.done();
  } catch (error) {
    const failure =
      limit.aborted && !signal.aborted && !(error instanceof UserError) ? tooLate(wait, dir, missing, error) : error;
    row.fail(failure instanceof Error ? failure.message : String(failure));
    throw failure;
  }
}

function tooLate(wait: Wait, dir: MachineDir, missing: string, cause: unknown): UserError {
  return new UserError(`not in ${wait.limitMs / 1000} s: ${wait.name}${missing === "" ? "" : ` (${missing})`}`, {
    code: "timeout",
    hint: wait.hint(dir),
    cause,
  });
}
