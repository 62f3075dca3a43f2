import { UserError, usageError } from "../errors.ts";
import type { Machine } from "../machine/machine.ts";
import type { Failure } from "../ui/failure.ts";
import { type Context, defaultMachine } from "./verb.ts";

/** Of verbs that take more than one machine. */
export const machinesOperand = {
  name: "NAME",
  summary: `the machines; ${defaultMachine} when none is given`,
  isRepeated: true,
} as const;

export const allOption = { all: { flags: "-a, --all", summary: "all machines" } } as const;

/** Names that operands and `--all` say; the default machine's when they say none. Throws UserError `usage` for both at once. */
export async function chosenNames(
  { host }: Context,
  operands: readonly string[],
  isAll: boolean,
): Promise<readonly string[]> {
  if (!isAll) return operands.length === 0 ? [defaultMachine] : [...new Set(operands)];
  if (operands.length > 0) {
    throw usageError(
      `--all ${operands.join(" ")}: all machines, or those of these names?`,
      "Leave one of the two out.",
    );
  }
  const { listMachines } = await import("../machine-dir/machines.ts");
  return (await listMachines(host)).sort();
}

/**
 * One after the other. What fails for one keeps no other from its turn. Of several it is told at the end, with the exit code of the first
 * one that failed.
 */
export async function forEachMachine(
  context: Context,
  names: readonly string[],
  work: (machine: Machine) => Promise<unknown>,
): Promise<void> {
  const [{ openMachine }, { explainFailure }] = await Promise.all([
    import("../machine/open-machine.ts"),
    import("../ui/failure.ts"),
  ]);
  const machines = names.map((name) => openMachine(context.host, name)); // All names are looked at before anything is done.
  const [only] = machines;
  if (machines.length === 1 && only !== undefined) {
    await work(only);
    return;
  }
  const failures: (Failure & { name: string })[] = [];
  for (const machine of machines) {
    try {
      await work(machine);
    } catch (error) {
      if (context.signal.aborted) throw error;
      failures.push({ name: machine.name, ...explainFailure(error, false, context.programName) });
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  const lines = failures.map(
    ({ name, message, hint }) => `  ${name}: ${message}${hint === undefined ? "" : ` (${hint})`}`,
  );
  const message = [`it failed for ${failures.length} of ${machines.length} machines:`, ...lines].join("\n");
  const code = failures.length === 1 ? first.code : "several-failed";
  throw UserError.of(
    { code, message, ...(failures.length < machines.length && { hint: "The others are done." }) },
    { exitCode: first.exitCode },
  );
}
