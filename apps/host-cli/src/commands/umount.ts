import { usageError } from "../errors.ts";
import { absolutePath } from "../folders.ts";
import { namedMachine } from "./machines.ts";
import { parseOperands } from "./mount.ts";
import { jsonOption, machineOperand, verb } from "./verb.ts";

export const umount = verb({
  aliases: ["unmount"],
  summary: "share a folder of this host with a machine no longer",
  details: "One that containers use is refused.",
  examples: ["boot2docker umount ~/projects", "boot2docker umount work /srv/data"],
  operands: [machineOperand, { name: "FOLDER", summary: "as `boot2docker mount` lists it" }],
  options: {
    force: { flags: "-f, --force", summary: "although containers use it, which meet errors then" },
    ...jsonOption,
  },
  async run(context, { operands, options }) {
    const { ui, signal, host } = context;
    const { name, folder } = parseOperands(operands);
    if (folder === undefined) {
      throw usageError(
        "umount: which folder?",
        "A folder has a slash in it: ./data. Those that are shared: boot2docker mount",
      );
    }
    const machine = await namedMachine(context, name);
    await machine.unmountFolder(absolutePath(folder, host), options.force === true, ui.progress, signal);
    if (options.json) ui.json({ name: machine.name, folders: await machine.readFolders(signal) });
    return 0;
  },
});
