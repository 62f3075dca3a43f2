import { allOption, chosenNames, forEachMachine, machinesOperand } from "./each-machine.ts";
import { address, runningStatus } from "./machines.ts";
import { jsonOption, verb } from "./verb.ts";

export const ip = verb({
  aliases: [],
  summary: "print the address where the machine's ports are",
  details:
    `Always ${address}: Docker's port and that of ssh are on this host's loopback, where no firewall, VPN or other computer ` +
    "comes in between. The guest's own address, and those of containers, are of no use outside: docs/network.md has the way to them. Exit code 3 when the machine does not run.",
  operands: [machinesOperand],
  options: { ...allOption, ...jsonOption },
  async run(context, { operands, options }) {
    await forEachMachine(context, await chosenNames(context, operands, options.all === true), async (machine) => {
      await runningStatus(context, machine);
      const { dockerPort, sshPort } = await machine.readConfig();
      if (options.json) context.ui.json({ name: machine.name, ip: address, dockerPort, sshPort });
      else context.ui.result(address);
    });
  },
});
