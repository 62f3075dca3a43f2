import type { Client } from "ssh2";
import { exitCodes, UserError, usageError } from "../errors.ts";
import type { LocalForward } from "../ssh/local-forward.ts";
import { planSsh } from "../ssh/target.ts";
import { renderAddress } from "../agent/listeners.ts";
import { logIn } from "./log-in.ts";
import { isMachineName } from "../machine-dir/dir.ts";
import { machineExists, namedMachine } from "./machines.ts";
import { untilAborted } from "./until-aborted.ts";
import { type Context, defaultMachine, verb } from "./verb.ts";

/** What a shell ends with that does not find a command. */
const commandAbsent = 127;

export const ssh = verb({
  aliases: [],
  summary: "open a shell in a machine, or run a command there",
  details:
    "The first word is the machine only when there is one of that name; otherwise it belongs to the command. After -- all " +
    "is the command. The words are joined by spaces and split again by the guest's shell, as with ssh(1). The exit code is " +
    "the command's, 255 when the connection fails. Options go before the machine and the command. With -L a port of this host's loopback leads to " +
    "an address that the machine reaches, such as that of a container, for as long as this runs. In a terminal, ~. at the beginning of a line leaves at once.",
  examples: [
    "boot2docker ssh",
    "boot2docker ssh uptime",
    "boot2docker ssh work 'df -h | tail -1'",
    "boot2docker ssh -- work",
    "boot2docker ssh -N -L 5432:172.17.0.2:5432",
  ],
  operands: [
    { name: "NAME", summary: `the machine; ${defaultMachine} when not given` },
    { name: "COMMAND", summary: "what to run; a login shell when not given", isRepeated: true },
  ],
  options: {
    tty: { flags: "-t, --tty", summary: "give the command a terminal, as a shell has one" },
    noTty: { flags: "-T, --no-tty", summary: "give a shell none" },
    noInput: { flags: "-n, --no-input", summary: "nothing is read from stdin; no terminal, then" },
    localForward: {
      flags: "-L, --local-forward <port:host:hostport>",
      summary: "have a port of this host lead there from inside the machine; may be given again",
      isRepeated: true,
    },
    noCommand: { flags: "-N, --no-command", summary: "run nothing: for -L, until Ctrl-C" },
  },
  isPassingThrough: true,
  async run(context, { operands, options, isAfterDashes }) {
    const { host, ui, terminal, signal } = context;
    const { parseLocalForward } = await import("../ssh/local-forward.ts");
    const forwards = (options.localForward ?? []).map(parseLocalForward);
    const isMachine = (name: string) => machineExists(host, name);
    const target = await planSsh(operands, isAfterDashes, defaultMachine, isMachine);
    if (!isAfterDashes && target.command?.startsWith("-")) throw optionsBehind(target.machine, target.command);
    if (options.noCommand && target.command !== undefined) throw noCommandGiven(target.command);
    const machine = await namedMachine(context, [target.machine]);
    const { client, closed, address } = await logIn(context, machine);
    const [{ connectionError }, { runSession }] = await Promise.all([
      import("../ssh/connect.ts"),
      import("../ssh/session.ts"),
    ]);
    await using open = new AsyncDisposableStack();
    try {
      for (const forward of forwards) {
        open.use(await listen(context, client, forward));
        const { address: here, port, host: there, hostPort } = forward;
        if (options.noCommand) ui.say(`${renderAddress(here, port)} leads to ${renderAddress(there, hostPort)}`);
      }
      const isShell = target.command === undefined && terminal.isInteractive;
      const hasInput = options.noInput !== true;
      const isWanted = options.noTty !== true && (options.tty === true || isShell);
      // Where the input is no terminal it may be at its end already: a terminal over there would be hung up.
      const hasTerminal = hasInput && isWanted && terminal.isInteractive;
      if (options.tty && !hasTerminal) ui.say("there is no terminal here: the command has none either");
      const request = { command: target.command, hasTerminal, hasInput };
      const code = await (options.noCommand
        ? untilAborted(closed, signal)
        : runSession(client, request, terminal, signal));
      if (code === undefined) throw connectionError(address, new Error("it ended before the command did"));
      const [word = ""] = operands;
      if (code === commandAbsent && !isAfterDashes && word !== target.machine && isMachineName(word)) {
        ui.say(`there is no machine ${word}: it was taken for a command`);
      }
      return code;
    } catch (error) {
      // Ctrl-C is how -N ends: nothing to be said about.
      if (options.noCommand && signal.aborted) return exitCodes.interrupted;
      throw error;
    } finally {
      client.end();
    }
  },
});

/** Throws UserError `port-taken`, `port-privileged` … when this host's port can't be had. */
async function listen({ host, ui, signal }: Context, client: Client, forward: LocalForward): Promise<AsyncDisposable> {
  const { address, port } = forward;
  const code = await host.network.bindFailure("tcp", address, port);
  if (code !== undefined) {
    const { explainRefusal } = await import("../agent/port-refusal.ts");
    const { code: reason, message } = await explainRefusal(host, { protocol: "tcp", address, port }, code, signal);
    throw UserError.of({ code: reason, message: `-L: ${message}`, hint: "Take another port of this host." });
  }
  const { openLocalForward } = await import("../ssh/local-forward.ts");
  return openLocalForward(client, forward, (message) => ui.say(`-L ${port}: ${message}`));
}

/** ssh(1) takes them there. */
function optionsBehind(machine: string, words: string): UserError {
  return usageError(
    `ssh ${machine} ${words}: the command begins with an option`,
    `Options of ssh go before the machine: boot2docker ssh ${words} ${machine}`,
  );
}

function noCommandGiven(command: string): UserError {
  return usageError(`ssh -N ${command}: run nothing, or that?`, "Leave -N out: -L lasts for as long as the command.");
}
