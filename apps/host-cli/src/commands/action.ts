import { usageError } from "../errors.ts";
import type { Host } from "../host.ts";

/**
 * `ACTION NAME` of verbs that do one thing of several. Without an action a single operand is the machine, and `usual` is what is done with it.
 * Throws UserError `usage` for a word that is neither.
 */
export async function parseAction<Name extends string>(
  host: Host,
  verb: string,
  operands: readonly string[],
  { actions, usual }: { actions: readonly Name[]; usual: Name },
): Promise<{ action: Name; rest: readonly string[] }> {
  const [first, ...rest] = operands;
  if (first === undefined) return { action: usual, rest };
  const action = actions.find((known) => known === first);
  if (action !== undefined) return { action, rest };
  const [{ listMachines }, { nearest }] = await Promise.all([
    import("../machine-dir/machines.ts"),
    import("../nearest.ts"),
  ]);
  const machines = await listMachines(host);
  if (rest.length === 0 && machines.includes(first)) return { action: usual, rest: operands };
  const meant = nearest(first, [...actions, ...machines]);
  throw usageError(
    `${verb} ${first}: there is no such action${rest.length === 0 ? ", nor a machine of that name" : ""}`,
    meant === undefined ? `There are ${actions.join(", ")}.` : `Did you mean ${meant}?`,
  );
}
