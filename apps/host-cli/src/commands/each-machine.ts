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
  const results = await tryEach(context, names, work);
  const failures = results.flatMap(({ name, failure }) => (failure === undefined ? [] : [{ name, ...failure }]));
  const [first] = failures;
  if (first === undefined) return;
  const lines = failures.map(
    ({ name, message, hint }) => `  ${name}: ${message}${hint === undefined ? "" : ` (${hint})`}`,
  );
  const message = [`it failed for ${failures.length} of ${results.length} machines:`, ...lines].join("\n");
  const code = failures.length === 1 ? first.code : "several-failed";
  throw UserError.of(
    { code, message, ...(failures.length < results.length && { hint: "The others are done." }) },
    { exitCode: first.exitCode },
  );
}

/** As `forEachMachine`, of verbs that have nothing else to print: as JSON what became of each. Returns the exit code. */
export async function changeEachMachine(
  context: Context,
  names: readonly string[],
  isJson: boolean,
  work: (machine: Machine) => Promise<unknown>,
): Promise<number> {
  if (!isJson) {
    await forEachMachine(context, names, work);
    return 0;
  }
  const results = await tryEach(context, names, work);
  const machines = results.map(({ name, failure }) => {
    if (failure === undefined) return { name };
    const { code, message, hint } = failure;
    return { name, error: { code, message, hint } };
  });
  context.ui.json({ machines });
  return results.find(({ failure }) => failure !== undefined)?.failure?.exitCode ?? 0;
}

/** Of a single one what fails is thrown. */
async function tryEach(
  context: Context,
  names: readonly string[],
  work: (machine: Machine) => Promise<unknown>,
): Promise<{ name: string; failure?: Failure }[]> {
  const [{ openMachine }, { explainFailure }] = await Promise.all([
    import("../machine/open-machine.ts"),
    import("../ui/failure.ts"),
  ]);
  const machines = names.map((name) => openMachine(context.host, name)); // All names are looked at before anything is done.
  const results: { name: string; failure?: Failure }[] = [];
  for (const machine of machines) {
    try {
      await work(machine);
      results.push({ name: machine.name });
    } catch (error) {
      if (context.signal.aborted || machines.length === 1) throw error;
      results.push({ name: machine.name, failure: explainFailure(error, false, context.programName) });
    }
  }
  return results;
}
