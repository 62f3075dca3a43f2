import type { Channel } from "@boot2docker/protocol";
import { exitCodes, UserError } from "../errors.ts";
import type { Terminal } from "../ssh/terminal.ts";
import { namedMachine, runningStatus } from "./machines.ts";
import { machineOperand, verb } from "./verb.ts";

/** Ctrl-], as telnet and virsh have it. */
const escapeByte = 0x1d;
const connectLimitMs = 5_000;
const historyBytes = 4 << 10;

export const console = verb({
  aliases: [],
  summary: "attach this terminal to a machine's serial console",
  details:
    "What was said there last is shown first. Ctrl-] detaches. There is a root shell on it in rescue; on a machine that serves `ssh` opens a " +
    "shell. One client at a time.",
  operands: [machineOperand],
  options: {},
  async run(context, { operands }) {
    const { host, ui, terminal, signal } = context;
    const [{ machineDir }, machine] = await Promise.all([
      import("../machine-dir/dir.ts"),
      namedMachine(context, operands),
    ]);
    await runningStatus(context, machine);
    const dir = machineDir(host, machine.name);
    const lock = await host.files.tryLock(dir.consoleLock);
    if (lock === undefined) throw inUse(machine.name);
    try {
      const channel = await connect();
      const size = (await host.files.stat(dir.consoleLog))?.sizeBytes ?? 0;
      const from = Math.max(0, size - historyBytes);
      terminal.stdout.write(await host.files.readPart(dir.consoleLog, from, historyBytes));
      if (terminal.isInteractive) ui.say(`attached to the console of ${machine.name}: Ctrl-] detaches`);
      await attach(channel, terminal, signal);
    } finally {
      await lock[Symbol.asyncDispose]();
    }

    async function connect(): Promise<Channel> {
      try {
        return await host.network.connectUnix(dir.consoleSocket, host.clock.deadline(connectLimitMs, signal));
      } catch (error) {
        signal.throwIfAborted();
        throw new UserError(`the console of ${machine.name} does not answer`, {
          code: "console-not-there",
          hint: `What was said there: boot2docker logs ${machine.name} console`,
          exitCode: exitCodes.failed,
          cause: error,
        });
      }
    }
  },
});

/** QEMU lets a second client wait without a word, and gives it the first one's place. */
function inUse(name: string): UserError {
  return new UserError(`another terminal is attached to the console of ${name}`, {
    code: "console-in-use",
    hint: `Detach that one with Ctrl-]. What was said there: boot2docker logs ${name} console`,
  });
}

/** Until the machine is off, or the user detaches. */
async function attach(channel: Channel, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { stdin, stdout } = terminal;
  const detach = (): void => void channel.close();
  const type = (bytes: Uint8Array): void => {
    const end = bytes.indexOf(escapeByte);
    if (end > 0 || end === -1) void channel.write(end === -1 ? bytes : bytes.subarray(0, end)).catch(detach);
    if (end !== -1) detach();
  };
  signal.addEventListener("abort", detach, { once: true });
  terminal.setRaw(true);
  stdin.on("data", type);
  try {
    for await (const bytes of channel.incoming) stdout.write(bytes);
  } catch {
    // It went while something was said; that the machine is off is no failure of this.
  } finally {
    stdin.off("data", type);
    stdin.pause();
    terminal.setRaw(false);
    signal.removeEventListener("abort", detach);
    await channel.close();
  }
  signal.throwIfAborted();
}
