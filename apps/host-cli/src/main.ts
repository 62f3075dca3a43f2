import { isSea } from "node:sea";
import type { Context, OptionRows, OptionValues } from "./commands/verb.ts";
import { exitCodes, NobodyReads } from "./errors.ts";
import { run } from "./run.ts";
import { processTerminal } from "./ssh/terminal.ts";
import { openUi, type Screen, type Ui } from "./ui.ts";
import { chooseStyle } from "./ui/style.ts";

const { stdout, stderr } = process;
/** As a line to type. The launcher of a checkout has quoted its own. */
const programName = process.env["BOOT2DOCKER_COMMAND"] ?? (isSea() ? quoteWord(process.argv0) : "boot2docker");

/** The only place where this program ends, and where it meets signals and streams. */
async function main(): Promise<void> {
  const interruption = new AbortController();
  const { signal } = interruption;
  interruptOnSignals(interruption);
  // `boot2docker logs | head` is no failure.
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      interruption.abort(new NobodyReads());
    });
  }
  const exitCode = await run(process.argv.slice(2), {
    out: screenOf(stdout),
    err: screenOf(stderr),
    signal,
    programName,
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
    programName,
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
    programName,
    monotonicMs: () => performance.now(),
    every(ms, work) {
      const timer = setInterval(work, ms);
      return () => clearInterval(timer);
    },
    ...(process.stdin.isTTY && stderr.isTTY ? { ask } : {}),
  });
}

/** For the shells of this system, which agree on words of these letters and on single quotes. */
function quoteWord(word: string): string {
  const apostrophe = process.platform === "win32" ? "''" : String.raw`'\''`;
  return /^[\w./:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", apostrophe)}'`;
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
