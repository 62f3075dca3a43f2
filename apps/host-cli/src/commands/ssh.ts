import type { Reason } from "@boot2docker/protocol";
import { exitCodes, UserError } from "../errors.ts";
import { reasonsOf } from "../guest-state.ts";
import type { Machine } from "../machine/machine.ts";
import { planSsh } from "../ssh/target.ts";
import { machineExists, namedMachine, runningStatus } from "./machines.ts";
import { type Context, defaultMachine, verb } from "./verb.ts";

const serverLimitMs = 120_000;
const connectLimitMs = 60_000;
const pollMs = 300;

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
    const address = {
      machine: machine.name,
      port: (await machine.readConfig()).sshPort,
      hostKeys: await awaitHostKeys(context, machine),
      privateKey: await readPrivateKey(context, machine),
    };
    const [{ connectSsh, connectionError }, { runSession }] = await Promise.all([
      import("../ssh/connect.ts"),
      import("../ssh/session.ts"),
    ]);
    const client = await connectSsh(address, host.clock.deadline(connectLimitMs, signal));
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

/** The guest starts its ssh server after Docker: right after `up` it may take another moment. */
async function awaitHostKeys({ host, ui, signal }: Context, machine: Machine): Promise<readonly string[]> {
  const look = async () => {
    const status = await runningStatus(machine, signal);
    const guest = status.state === "unreachable" ? undefined : status.guest;
    const sshd = guest?.services.find(({ name }) => name === "sshd");
    if (guest === undefined) return [];
    if (guest.lifecycle.name === "rescue" || sshd?.state === "failed") throw noServer(machine, reasonsOf(guest));
    return sshd?.state === "ready" ? guest.sshHostKeys : [];
  };
  const first = await look();
  if (first.length > 0) return first;
  const row = ui.progress.begin("ssh server of the guest ready", serverLimitMs);
  const limit = host.clock.deadline(serverLimitMs, signal);
  try {
    for (;;) {
      await host.clock.delay(pollMs, limit);
      const keys = await look();
      if (keys.length === 0) continue;
      row.done();
      return keys;
    }
  } catch (error) {
    row.fail("not ready");
    if (signal.aborted || !limit.aborted) throw error;
    throw new UserError(`the ssh server of ${machine.name} was not ready in ${serverLimitMs / 1000} s`, {
      code: "ssh-not-ready",
      hint: `See: boot2docker status ${machine.name}, boot2docker logs ${machine.name} sshd`,
      exitCode: exitCodes.connection,
      cause: error,
    });
  }
}

function noServer({ name }: Machine, [reason]: readonly Reason[]): UserError {
  return new UserError(`the ssh server of ${name} does not run${reason === undefined ? "" : `: ${reason.message}`}`, {
    code: reason?.code ?? "ssh-failed",
    hint: reason?.hint ?? `See: boot2docker logs ${name} sshd`,
    exitCode: exitCodes.connection,
  });
}

async function readPrivateKey({ host }: Context, machine: Machine): Promise<string> {
  const { machineDir } = await import("../machine-dir/dir.ts");
  const path = machineDir(host, machine.name).sshKey;
  const key = await host.files.readText(path);
  if (key !== undefined) return key;
  throw new UserError(`the ssh key of ${machine.name} is missing: ${path}`, {
    code: "ssh-key-missing",
    hint: "Put it back from a copy.",
    exitCode: exitCodes.connection,
  });
}
