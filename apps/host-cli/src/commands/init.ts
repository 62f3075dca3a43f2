import { namedMachine } from "./machines.ts";
import { ensureMachine, machineOptions } from "./settings.ts";
import { describe } from "./status.ts";
import { jsonOption, machineOperand, verb } from "./verb.ts";

export const init = verb({
  aliases: ["create"],
  summary: "make a machine, without starting it",
  details:
    "An option that is not given is taken from its environment variable, then from the user's defaults, then from what is " +
    "built in. A machine that is there already is left as it is. Its ports stay what they are.",
  examples: [
    "boot2docker init",
    "boot2docker init work --cpus 4 --memory 4g --disk-size 60g",
    "boot2docker init old --disk ~/.docker/machine/machines/default/disk.vmdk",
  ],
  operands: [machineOperand],
  options: {
    ...machineOptions,
    disk: {
      flags: "--disk <file>",
      summary:
        "begin with a copy of this disk, that of a machine of boot2docker or docker-machine: raw, vmdk, vdi, qcow2, vhd or vhdx; it grows to --disk-size where that is given",
    },
    ...jsonOption,
  },
  async run(context, { operands, options }) {
    const machine = await namedMachine(context, operands);
    const isNew = await ensureMachine(context, machine, options);
    if (options.json) {
      const described = await describe(machine, await machine.status(context.signal));
      context.ui.json({ ...described, isNew });
    }
    context.ui.say(
      isNew ? `Start it with: boot2docker up ${machine.name}` : `machine ${machine.name} is there already`,
    );
  },
});
