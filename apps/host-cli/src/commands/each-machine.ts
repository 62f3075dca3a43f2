import { exitCodes, UserError } from "../errors.ts";
import type { Machine } from "../machine/machine.ts";
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
    throw new UserError(`--all ${operands.join(" ")}: all machines, or those of these names?`, {
      code: "usage",
      hint: "Leave one of the two out.",
      exitCode: exitCodes.usage,
    });
  }
  const { listMachines } = await import("../machine/create.ts");
  return (await listMachines(host)).sort();
}

/**
 * One after the other. What fails for one keeps no other from its turn, and is told at once; the exit code is that of the first one
 * that failed.
 */
export async function forEachMachine(
  context: Context,
  names: readonly string[],
  work: (machine: Machine) => Promise<unknown>,
): Promise<void> {
  const { openMachine } = await import("../machine/open-machine.ts");
  const machines = names.map((name) => openMachine(context.host, name)); // All names are looked at before anything is done.
  const [only] = machines;
  if (machines.length === 1 && only !== undefined) {
    await work(only);
    return;
  }
  const failures: { name: string; error: UserError }[] = [];
  for (const machine of machines) {
    try {
      await work(machine);
    } catch (error) {
      if (context.signal.aborted || !(error instanceof UserError)) throw error;
      failures.push({ name: machine.name, error });
      context.ui.say(`${machine.name}: ${error.message}`);
      if (error.hint !== undefined) context.ui.say(`hint: ${error.hint}`);
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  const message = `it failed for ${failures.map(({ name }) => name).join(", ")}, of ${machines.length} machines`;
  const code = failures.length === 1 ? first.error.code : "several-failed";
  throw UserError.of({ code, message, hint: "The others are done." }, { exitCode: first.error.exitCode });
}
