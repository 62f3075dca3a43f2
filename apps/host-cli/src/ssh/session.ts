import { once } from "node:events";
import { constants } from "node:os";
import type { Client, ClientChannel, PseudoTtyOptions } from "ssh2";
import { exitCodes } from "../errors.ts";
import { EscapeFilter } from "./escape.ts";
import type { Terminal } from "./terminal.ts";

export interface SessionRequest {
  /** A login shell when not given. */
  command: string | undefined;
  /** The program in the guest gets a terminal, too. */
  hasTerminal: boolean;
  /** What is typed or piped here is read there. */
  hasInput: boolean;
}

/**
 * One program in the guest with this process's streams, until it ends. Returns its exit code, 128 and the number of the
 * signal that ended it, or undefined when the connection ended first. An abort is passed on as an interrupt. Who types `~.` at the
 * beginning of a line leaves, with 255.
 */
export async function runSession(
  client: Client,
  { command, hasTerminal, hasInput }: SessionRequest,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number | undefined> {
  let exitCode: number | undefined;
  const onExit = (code: number | null, signalName?: string): void => {
    exitCode = code ?? codeOfSignal(signalName);
  };
  const channel = await openChannel(client, command, hasTerminal ? ptyLike(terminal) : false, onExit);
  const interrupt = (): void => {
    channel.signal("INT");
    channel.close();
  };
  signal.addEventListener("abort", interrupt, { once: true });
  const release = hasTerminal ? lendTerminal(terminal, channel) : () => undefined;
  channel.pipe(terminal.stdout, { end: false });
  channel.stderr.pipe(terminal.stderr, { end: false });
  const left = new AbortController();
  const isTyped = hasInput && hasTerminal && terminal.isInteractive;
  const input = isTyped ? new EscapeFilter(() => left.abort()) : channel;
  if (isTyped) input.pipe(channel);
  if (hasInput) terminal.stdin.pipe(input);
  else channel.end();
  try {
    // An abort does not wait for them: where nobody reads the output, they never come.
    const until = { signal: AbortSignal.any([signal, left.signal]) };
    await Promise.all([once(channel, "close", until), once(channel.stderr, "close", until)]);
  } catch (error) {
    signal.throwIfAborted();
    if (!left.signal.aborted) throw error;
    channel.close();
    terminal.stderr.write("\r\n"); // What is typed next begins a line.
    return exitCodes.connection;
  } finally {
    terminal.stdin.unpipe(input);
    terminal.stdin.pause();
    release();
    signal.removeEventListener("abort", interrupt);
  }
  return exitCode;
}

function openChannel(
  client: Client,
  command: string | undefined,
  pty: PseudoTtyOptions | false,
  onExit: (code: number | null, signalName?: string) => void,
): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const opened = (error: Error | undefined, channel: ClientChannel): void => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      // Not after the promise: a command that is quick has ended by then.
      channel.on("exit", onExit);
      resolve(channel);
    };
    if (command === undefined) client.shell(pty, opened);
    else client.exec(command, pty === false ? {} : { pty }, opened);
  });
}

function ptyLike(terminal: Terminal): PseudoTtyOptions {
  const { rows, columns } = terminal.size();
  return { rows, cols: columns, width: 0, height: 0, term: terminal.type };
}

/** Keys and the size of the window go to the guest until the returned function is called. */
function lendTerminal(terminal: Terminal, channel: ClientChannel): () => void {
  const stopResize = terminal.onResize(() => {
    const { rows, columns } = terminal.size();
    channel.setWindow(rows, columns, 0, 0);
  });
  if (terminal.isInteractive) terminal.setRaw(true);
  return () => {
    if (terminal.isInteractive) terminal.setRaw(false);
    stopResize();
  };
}

/** As a shell counts them. The protocol's names lack the SIG: RFC 4254, 6.10. */
function codeOfSignal(name: string | undefined): number | undefined {
  const numbers: Partial<Record<string, number>> = constants.signals;
  const number = numbers[`SIG${(name ?? "").replace(/^SIG/, "")}`];
  return number === undefined ? undefined : 128 + number;
}
