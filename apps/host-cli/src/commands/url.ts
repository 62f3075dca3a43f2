import { allOption, chosenNames, forEachMachine, machinesOperand } from "./each-machine.ts";
import { address, runningStatus } from "./machines.ts";
import { jsonOption, verb } from "./verb.ts";

export const url = verb({
  aliases: [],
  summary: "print the address of a machine's Docker, as DOCKER_HOST has it",
  details:
    "A client that goes there needs the machine's certificates, which `env` points to. The socket that `context` shows leads to the " +
    "same engine and needs none. Exit code 3 when the machine does not run.",
  operands: [machinesOperand],
  options: { ...allOption, ...jsonOption },
  async run(context, { operands, options }) {
    await forEachMachine(context, await chosenNames(context, operands, options.all === true), async (machine) => {
      await runningStatus(context, machine);
      const [{ dockerPort }, { machineDir }] = await Promise.all([
        machine.readConfig(),
        import("../machine-dir/dir.ts"),
      ]);
      const tcp = `tcp://${address}:${dockerPort}`;
      const socket = `unix://${machineDir(context.host, machine.name).dockerSocket}`;
      if (options.json) context.ui.json({ name: machine.name, url: tcp, socket });
      else context.ui.result(tcp);
    });
  },
});
