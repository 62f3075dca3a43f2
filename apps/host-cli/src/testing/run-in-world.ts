import { PassThrough } from "node:stream";
import { run } from "../run.ts";
import type { Terminal } from "../ssh/terminal.ts";
import { openUi } from "../ui.ts";
import { chooseStyle } from "../ui/style.ts";
import type { FakeWorld } from "./fake-world.ts";

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Typist {
  /** What is answered to a question; without it there is no terminal. */
  answer?: string;
  signal?: AbortSignal;
}

/** `boot2docker …` on the computer `world`, as main.ts would run it there. */
export async function runInWorld(world: FakeWorld, argv: readonly string[], typist: Typist = {}): Promise<Said> {
  const { answer, signal = new AbortController().signal } = typist;
  const said = { stdout: "", stderr: "" };
  const screen = (stream: keyof typeof said) => ({
    write: (text: string) => void (said[stream] += text),
    isTerminal: false,
    columns: () => 100,
  });
  const out = screen("stdout");
  const err = screen("stderr");
  const host = world.host();
  const code = await world.clock.settle(
    run(argv, {
      out,
      err,
      signal,
      programName: "boot2docker",
      openContext: async (options) => ({
        host,
        terminal: terminal(answer !== undefined),
        programName: "boot2docker",
        parentPid: 1,
        signal,
        ui: openUi({
          out,
          err,
          isQuiet: options["quiet"] === true,
          isVerbose: options["verbose"] === true,
          isJson: options["json"] === true,
          canRedraw: false,
          programName: "boot2docker",
          style: chooseStyle({ platform: "linux", env: { NO_COLOR: "1" } }),
          monotonicMs: () => world.clock.monotonicMs(),
          every: () => () => undefined,
          ...(answer === undefined ? {} : { ask: async () => answer }),
        }),
      }),
    }),
  );
  return { code, ...said };
}

function terminal(isInteractive: boolean): Terminal {
  return {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    isInteractive,
    type: "dumb",
    size: () => ({ rows: 24, columns: 80 }),
    onResize: () => () => undefined,
    setRaw: () => undefined,
  };
}
