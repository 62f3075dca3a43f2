import { exitCodes, NobodyReads, usageError, UserError } from "../errors.ts";
import type { FollowOptions } from "./follow-log.ts";
import { guestLog, guestLogs, hostLog, logNames, type LogName, type LogSource } from "./log-source.ts";
import { checkExists, namedMachine, runningStatus } from "./machines.ts";
import { type Context, defaultMachine, verb } from "./verb.ts";

const defaultLog: LogName = "guest-init";

export const logs = verb({
  aliases: [],
  summary: "print a log of a machine",
  details:
    "console and agent are files on this host and can be read when the machine is down; the others are the guest's. A single " +
    "operand that is the name of a log is the log.",
  examples: ["boot2docker logs dockerd -n 50", "boot2docker logs work console -f"],
  operands: [
    { name: "NAME", summary: `the machine; ${defaultMachine} when not given` },
    { name: "LOG", summary: `${logNames.join(", ")}; ${defaultLog} when not given`, choices: logNames },
  ],
  options: {
    lines: { flags: "-n, --lines <count>", summary: "only the last so many lines" },
    follow: {
      flags: "-f, --follow",
      summary: "go on as the log grows, until Ctrl-C; a log of the guest also until the machine is off",
    },
  },
  async run(context, { operands, options }) {
    const { host, ui, signal } = context;
    const { machine, log } = parseLogOperands(operands);
    if (operands.length === 1 && machine !== defaultMachine) await checkNamed(context, machine);
    const how: FollowOptions = { lines: parseLines(options.lines), isFollowing: options.follow === true };
    const { followLog } = await import("./follow-log.ts");
    await using opened = await openLog(context, machine, log);
    try {
      for await (const text of followLog(opened.source, how, host.clock, signal)) ui.raw(text);
      return 0;
    } catch (error) {
      // Ctrl-C is how following ends: nothing to be said about.
      if (how.isFollowing && signal.aborted && !(signal.reason instanceof NobodyReads)) return exitCodes.interrupted;
      throw error;
    }
  },
});

/** A word alone may have been meant as either. */
async function checkNamed({ host }: Context, word: string): Promise<void> {
  const [{ isMachineName }, { listMachines }, { nearest }] = await Promise.all([
    import("../machine-dir/dir.ts"),
    import("../machine-dir/machines.ts"),
    import("../nearest.ts"),
  ]);
  const machines = await listMachines(host);
  if (machines.includes(word) || !isMachineName(word)) return;
  const meant = nearest(word, [...logNames, ...machines]);
  throw new UserError(`there is no machine ${word}, nor a log of that name`, {
    code: "machine-absent",
    hint: meant === undefined ? `Logs are ${logNames.join(", ")}.` : `Did you mean ${meant}?`,
    exitCode: exitCodes.notRunning,
  });
}

/** Throws UserError `usage` (exit 2) for a log that there is not. */
function parseLogOperands([first, second]: readonly string[]): { machine: string; log: LogName } {
  if (first === undefined) return { machine: defaultMachine, log: defaultLog };
  if (second !== undefined) return { machine: first, log: parseLogName(second) };
  const log = logNames.find((known) => known === first);
  return log === undefined ? { machine: first, log: defaultLog } : { machine: defaultMachine, log };
}

function parseLogName(text: string): LogName {
  const log = logNames.find((known) => known === text);
  if (log !== undefined) return log;
  throw usageError(`there is no log ${JSON.stringify(text)}`, `There are ${logNames.join(", ")}.`);
}

function parseLines(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usageError(`--lines ${text}: expected a whole number`, "For example: boot2docker logs dockerd --lines 100");
}

async function openLog(context: Context, name: string, log: LogName): Promise<{ source: LogSource } & AsyncDisposable> {
  const { host } = context;
  const { machineDir } = await import("../machine-dir/dir.ts");
  const dir = machineDir(host, name);
  await checkExists(context, name);
  const service = guestLogs.find((known) => known === log);
  if (service === undefined) {
    const path = log === "console" ? dir.consoleLog : dir.agentLog;
    return { source: hostLog(host.files, path), [Symbol.asyncDispose]: async () => undefined };
  }
  await runningStatus(context, await namedMachine(context, [name]));
  const { openAgentLine } = await import("./agent-line.ts");
  const line = await openAgentLine(context, name);
  return { source: guestLog(line, service), [Symbol.asyncDispose]: () => line[Symbol.asyncDispose]() };
}
