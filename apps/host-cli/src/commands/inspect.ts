import { renderJson } from "../ui/json.ts";
import { renderTemplate } from "../ui/template.ts";
import { address, namedMachine } from "./machines.ts";
import { formatOption, jsonOption, machineOperand, verb } from "./verb.ts";

export const inspect = verb({
  aliases: ["info"],
  summary: "print all that is known of a machine, as JSON",
  details: "How it is, its settings, its disk, where Docker answers, and where its files are.",
  examples: ["boot2docker inspect", "boot2docker inspect work --format '{{.Files.ConsoleLog}}'"],
  operands: [machineOperand],
  options: { ...formatOption, ...jsonOption },
  async run(context, { operands, options }) {
    const { host, ui, signal } = context;
    const [{ userSettings }, { machineDir }, machine] = await Promise.all([
      import("../machine-dir/config-file.ts"),
      import("../machine-dir/dir.ts"),
      namedMachine(context, operands),
    ]);
    const config = await machine.readConfig();
    const [status, disk, docker] = await Promise.all([
      machine.status(signal),
      machine.readDisk(signal),
      machine.readContext(),
    ]);
    const dir = machineDir(host, machine.name);
    const record = {
      name: machine.name,
      // Known to a format also where they are not there.
      ...{ pid: undefined, agent: undefined, guest: undefined },
      ...status,
      isActive: await machine.isActive(),
      settings: userSettings(config),
      waiting: await machine.readWaiting(),
      docker: {
        url: `tcp://${address}:${config.dockerPort}`,
        socket: `unix://${dir.dockerSocket}`,
        certificates: dir.tlsDir,
        context: docker.name,
      },
      disk,
      files: {
        directory: dir.path,
        settings: dir.config,
        sshKey: dir.sshKey,
        consoleLog: dir.consoleLog,
        agentLog: dir.agentLog,
        qemuLog: dir.qemuLog,
      },
    };
    if (options.format !== undefined) ui.result(renderTemplate(options.format, record));
    else if (options.json) ui.json(record);
    else ui.result(renderJson(record, 2));
  },
});
