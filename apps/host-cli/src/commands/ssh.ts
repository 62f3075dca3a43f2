import { planSsh } from "../ssh/target.ts";
import { logIn } from "./log-in.ts";
import { machineExists, namedMachine } from "./machines.ts";
import { defaultMachine, verb } from "./verb.ts";

export const ssh = verb({
  aliases: [],
  summary: "open a shell in a machine, or run a command there",
  details:
    "The first word is the machine only when there is one of that name; otherwise it belongs to the command. After -- all " +
    "is the command. The words are joined by spaces and split again by the guest's shell, as with ssh(1). The exit code is " +
    "the command's, 255 when the connection fails.",
  examples: [
    "boot2docker ssh",
    "boot2docker ssh uptime",
    "boot2docker ssh work 'df -h | tail -1'",
    "boot2docker ssh -- work",
  ],
  operands: [
    { name: "NAME", summary: `the machine; ${defaultMachine} when not given` },
    { name: "COMMAND", summary: "what to run; a login shell when not given", isRepeated: true },
  ],
  options: { tty: { flags: "-t, --tty", summary: "give the command a terminal, as a shell has one" } },
  isPassingThrough: true,
  async run(context, { operands, options, isAfterDashes }) {
    const { host, terminal, signal } = context;
    const isMachine = (name: string) => machineExists(host, name);
    const target = await planSsh(operands, isAfterDashes, defaultMachine, isMachine);
    const machine = await namedMachine(context, [target.machine]);
    const { client, address } = await logIn(context, machine);
    const [{ connectionError }, { runSession }] = await Promise.all([
      import("../ssh/connect.ts"),
      import("../ssh/session.ts"),
    ]);
    try {
      const hasTerminal = options.tty === true || (target.command === undefined && terminal.isInteractive);
      const code = await runSession(client, { command: target.command, hasTerminal }, terminal, signal);
      if (code === undefined) throw connectionError(address, new Error("it ended before the command did"));
      return code;
    } finally {
      client.end();
    }
  },
});
