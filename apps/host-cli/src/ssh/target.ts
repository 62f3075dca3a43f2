export interface SshTarget {
  machine: string;
  /** For the guest's shell; a login shell when not given. */
  command: string | undefined;
}

/**
 * `ssh work uptime`, `ssh uptime`, `ssh -- work`: the first operand is a machine only if there is one of that name and no
 * `--` stands before it. What follows is the command, joined by spaces as ssh(1) does: the guest's shell splits it.
 */
export async function planSsh(
  operands: readonly string[],
  isAfterDashes: boolean,
  defaultMachine: string,
  isMachine: (name: string) => Promise<boolean>,
): Promise<SshTarget> {
  const [first, ...others] = operands;
  if (first === undefined) return { machine: defaultMachine, command: undefined };
  if (isAfterDashes || !(await isMachine(first))) return { machine: defaultMachine, command: operands.join(" ") };
  const words = others[0] === "--" ? others.slice(1) : others;
  return { machine: first, command: words.length === 0 ? undefined : words.join(" ") };
}
