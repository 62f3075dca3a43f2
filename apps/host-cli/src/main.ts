import { isSea } from "node:sea";
import type { Context, OptionRows, OptionValues } from "./commands/verb.ts";
import { exitCodes } from "./errors.ts";
import { NobodyReads, run } from "./run.ts";
import { processTerminal } from "./ssh/terminal.ts";
import { openUi, type Screen, type Ui } from "./ui.ts";
import { chooseStyle } from "./ui/style.ts";

const { stdout, stderr } = process;

/** The only place where this program ends, and where it meets signals and streams. */
async function main(): Promise<void> {
  const interruption = new AbortController();
  const { signal } = interruption;
  interruptOnSignals(interruption);
  // `boot2docker logs | head` is no failure.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    interruption.abort(new NobodyReads());
  });
  const exitCode = await run(process.argv.slice(2), {
    out: screenOf(stdout),
    err: screenOf(stderr),
    signal,
    openContext: (options) => openContext(options, signal),
  });
  await Promise.all([flush(stdout), flush(stderr)]);
  process.exit(exitCode); // Whatever still listens, for example on the input, has nothing to wait for.
}

/** A second signal does not wait for what the first one asked for. */
function interruptOnSignals(interruption: AbortController): void {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
      interruption.abort(new Error(name));
    });
  }
}

async function openContext(options: OptionValues<OptionRows>, signal: AbortSignal): Promise<Context> {
  const { openHost } = await import("./host/open-host.ts"); // Help does without.
  return {
    host: openHost(),
    ui: openProcessUi(options),
    terminal: processTerminal(),
    programName: process.env["BOOT2DOCKER_COMMAND"] ?? (isSea() ? process.argv0 : "boot2docker"),
    parentPid: process.ppid,
    signal,
  };
}

function openProcessUi(options: OptionValues<OptionRows>): Ui {
  return openUi({
    out: screenOf(stdout),
    err: screenOf(stderr),
    isQuiet: options["quiet"] === true,
    isVerbose: options["verbose"] === true,
    isJson: options["json"] === true,
    canRedraw: process.env["TERM"] !== "dumb",
    style: chooseStyle(process),
    monotonicMs: () => performance.now(),
    every(ms, work) {
      const timer = setInterval(work, ms);
      return () => clearInterval(timer);
    },
    ...(process.stdin.isTTY && stderr.isTTY ? { ask } : {}),
  });
}

function screenOf(stream: NodeJS.WriteStream): Screen {
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY,
    columns: () => stream.columns,
  };
}

/** An end of the input is an empty answer. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import("node:readline");
  stderr.write(question);
  // Without a terminal's editing, for which Ctrl-C would be just another key.
  const lines = createInterface({ input: process.stdin, terminal: false, signal });
  for await (const line of lines) return line;
  stderr.write("\n"); // The cursor is still behind the question.
  signal.throwIfAborted();
  return "";
}

async function flush(stream: NodeJS.WriteStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  stream.write("", () => resolve(undefined));
  await promise;
}

void main();
