import { runCli } from "./cli.ts";
import type { Context, OptionRows, OptionValues } from "./commands/verb.ts";
import { exitCodes, NobodyReads, OutputLost } from "./errors.ts";
import type { Screen } from "./ui.ts";

export interface Surroundings {
  readonly out: Screen;
  readonly err: Screen;
  readonly signal: AbortSignal;
  /** How the user calls this program. */
  readonly programName: string;
  readonly openContext: (options: OptionValues<OptionRows>) => Promise<Context>;
}

/** One command from its arguments to its exit code. A failure is said, once, here. */
export async function run(
  argv: readonly string[],
  { out, err, signal, programName, openContext }: Surroundings,
): Promise<number> {
  let options: OptionValues<OptionRows> = {};
  try {
    return await runCli(argv, {
      write: (text) => out.write(text),
      columns: out.isTerminal ? out.columns() : 100,
      async execute(call) {
        ({ options } = call);
        return (await call.verb.run(await openContext(options), call)) ?? 0;
      },
    });
  } catch (error) {
    if (signal.reason instanceof NobodyReads) return 0;
    if (signal.reason instanceof OutputLost) return exitCodes.failed; // main.ts says it.
    const { explainFailure, renderFailure } = await import("./ui/failure.ts"); // Not for those that go well.
    const failure = explainFailure(error, signal.aborted, programName);
    const style = {
      isVerbose: options["verbose"] === true,
      isJson: options["json"] === true || ownWords(argv).includes("--json"),
    };
    err.write(renderFailure(error, failure, style));
    return failure.exitCode;
  }
}

/** Behind `--` are another program's. */
function ownWords(argv: readonly string[]): readonly string[] {
  return argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
}
