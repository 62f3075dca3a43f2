import { exitCodes, UserError, usageError } from "../errors.ts";
import { parseFolder } from "../folders.ts";
import type { FolderFacts } from "../machine/machine.ts";
import { namedMachine } from "./machines.ts";
import { jsonOption, machineOperand, verb } from "./verb.ts";

export const mount = verb({
  aliases: [],
  summary: "share a folder of this host with a machine, or list those that are shared",
  details:
    "The machine has it at the same path, so that `docker run -v` finds it there; with :ro behind it it can only be read. With :watch, programs in containers that " +
    "watch files hear of what is changed here: folders below it, node_modules and .git left out, 4096 at most. A machine " +
    "that runs has it at once and at every start from now on. What containers make in it belongs to you, whoever they are inside. " +
    "An operand with a slash, or . or ~, is the folder; without one the folders are listed.",
  examples: ["boot2docker mount", "boot2docker mount ~/projects", "boot2docker mount work /srv/data:ro"],
  operands: [machineOperand, { name: "FOLDER", summary: "path of a folder of this host" }],
  options: jsonOption,
  async run(context, { operands, options }) {
    const { ui, signal, host } = context;
    // Longer than a drive of Windows.
    const there = operands.find((operand) => /^[a-z0-9][a-z0-9.-]+:[~/]/i.test(operand));
    if (there !== undefined) throw ofMachine(there);
    const { name, folder: text } = parseOperands(operands);
    const machine = await namedMachine(context, name);
    if (text !== undefined) {
      const parsed = parseFolder(text, host);
      if ("problem" in parsed) {
        throw new UserError(`${text}: ${parsed.problem}`, {
          code: "folder-not-shareable",
          hint: "What a machine can share: boot2docker help mount",
          exitCode: exitCodes.usage,
        });
      }
      await machine.mountFolder(parsed.folder, ui.progress, signal);
      const { state } = await machine.status(signal);
      if (state === "stopped") ui.say(`machine ${machine.name} has it when it starts`);
      if (!options.json) return 0;
    }
    const folders = await machine.readFolders(signal);
    if (options.json) ui.json({ name: machine.name, folders });
    else for (const line of renderTable(folders)) ui.result(line);
    return 0;
  },
});

/** As docker-machine took them, by sshfs. */
function ofMachine(text: string): UserError {
  return usageError(`${text}: a folder of a machine can't be mounted here`, "To have a copy of it: boot2docker cp");
}

/** One with a slash, or one that only a path can be, is the folder: names have none. */
export function parseOperands(operands: readonly string[]): { name: string[]; folder: string | undefined } {
  const isFolder = (operand: string): boolean => /^[.~]|[/\\]/.test(operand);
  const [folder, ...others] = operands.filter(isFolder);
  const name = operands.filter((operand) => !isFolder(operand));
  if (others.length > 0 || name.length > 1) {
    throw usageError(
      `expected a machine and a folder, not ${operands.join(" ")}`,
      "A folder has a slash in it: ./data is one, data is a machine.",
    );
  }
  return { name, folder };
}

function renderTable(folders: readonly FolderFacts[]): string[] {
  const width = Math.max(0, ...folders.map(({ path }) => path.length));
  return folders.map(
    ({ path, readOnly, watch, isMounted }) =>
      `${path.padEnd(width)}  ${readOnly ? "read-only " : "read-write"}  ${isMounted ? "mounted" : "not mounted"}${watch ? ", watched" : ""}`,
  );
}
