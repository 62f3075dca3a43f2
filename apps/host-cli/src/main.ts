import type { Context, OptionRows, OptionValues } from "./commands/verb.ts";
import { exitCodes, NobodyReads, OutputLost } from "./errors.ts";
import { run } from "./run.ts";
import { quoteWord } from "./shell-env.ts";
import { processTerminal } from "./ssh/terminal.ts";
import { openUi, type Screen, type Ui } from "./ui.ts";
import { chooseStyle } from "./ui/style.ts";

/** Of a terminal that does not know its own. */
const usualColumns = 80;

/** As a line to type. The launcher of a checkout has quoted its own, launch.ts gives one to a script of Node. */
const programName = process.env["BOOT2DOCKER_COMMAND"] ?? quoteWord(process.argv0, process.platform);

/** The only place where this program ends, and where it meets signals and streams. */
async function main(): Promise<void> {
  const interruption = new AbortController();
  const { signal } = interruption;
  interruptOnSignals(interruption);
  const out = new StreamScreen("stdout", interruption);
  const err = new StreamScreen("stderr", interruption);
  const exitCode = await run(process.argv.slice(2), {
    ...{ out, err, signal, programName },
    openContext: (options) => openContext(options, out, err, signal),
  });
  await Promise.all([out.flush(), err.flush()]);
  if (out.failure !== undefined) {
    err.write(`boot2docker: the output can't be written: ${out.failure.message}\n`);
    await err.flush();
    process.exit(exitCodes.failed);
  }
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

async function openContext(
  options: OptionValues<OptionRows>,
  out: StreamScreen,
  err: StreamScreen,
  signal: AbortSignal,
): Promise<Context> {
  const { openHost } = await import("./host/open-host.ts"); // Help does without.
  for (const stream of [out, err]) stream.open(); // Also for who writes to them by another way.
  return {
    host: openHost(),
    ui: openProcessUi(options, out, err),
    terminal: processTerminal(),
    programName,
    parentPid: process.ppid,
    signal,
  };
}

function openProcessUi(options: OptionValues<OptionRows>, out: Screen, err: Screen): Ui {
  return openUi({
    out,
    err,
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
    ...(process.stdin.isTTY && err.isTerminal ? { ask } : {}),
  });
}

/** A stream of this process, opened when it is asked for: to open one takes Node a millisecond or two. */
class StreamScreen implements Screen {
  readonly #name: "stdout" | "stderr";
  readonly #interruption: AbortController;
  #opened: NodeJS.WriteStream | undefined;
  /** Why what was written did not get out, though somebody waits for it. */
  failure: Error | undefined;

  constructor(name: "stdout" | "stderr", interruption: AbortController) {
    this.#name = name;
    this.#interruption = interruption;
  }

  write(text: string): void {
    this.open().write(text);
  }

  get isTerminal(): boolean {
    return this.open().isTTY;
  }

  columns(): number {
    return this.open().columns || usualColumns;
  }

  async flush(): Promise<void> {
    if (this.#opened === undefined) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#opened.write("", () => resolve(undefined));
    await promise;
  }

  open(): NodeJS.WriteStream {
    return (this.#opened ??= this.#attach());
  }

  #attach(): NodeJS.WriteStream {
    const stream = process[this.#name];
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // Who does not read what is told beside the result, wants that all the same.
      if (this.#name === "stderr") return;
      // `boot2docker logs | head` is no failure.
      if (error.code !== "EPIPE") this.failure = error;
      this.#interruption.abort(error.code === "EPIPE" ? new NobodyReads() : new OutputLost());
    });
    return stream;
  }
}

/** An end of the input is an empty answer. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const { stderr } = process;
  const { createInterface } = await import("node:readline");
  stderr.write(question);
  // Without a terminal's editing, for which Ctrl-C would be just another key.
  const lines = createInterface({ input: process.stdin, terminal: false, signal });
  try {
    for await (const line of lines) return line;
  } finally {
    lines.close(); // The loop does not: what is typed next is another program's.
  }
  stderr.write("\n"); // The cursor is still behind the question.
  signal.throwIfAborted();
  return "";
}

void main();
