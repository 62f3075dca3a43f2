import { shutdownLimitMs } from "../machine/limits.ts";
import { allOption, changeEachMachine, chosenNames, machinesOperand } from "./each-machine.ts";
import { parseSeconds } from "./seconds.ts";
import { jsonOption, type OptionValues, verb } from "./verb.ts";

const defaultTimeoutMs = shutdownLimitMs;

export const downOptions = {
  ...allOption,
  force: { flags: "-f, --force", summary: "kill the VM when it does not shut down in time" },
  timeout: {
    flags: "-t, --timeout <seconds>",
    summary: `how long to wait for it; ${defaultTimeoutMs / 1000} when not given`,
  },
} as const;

export const down = verb({
  aliases: ["stop", "halt"],
  summary: "shut a machine down in order",
  details:
    "Containers are stopped with their own time-outs, then the disk is unmounted. Images, volumes and stopped containers are kept.",
  operands: [machinesOperand],
  options: { ...downOptions, ...jsonOption },
  async run(context, { operands, options }) {
    const limits = parseDownOptions("down", options);
    const names = await chosenNames(context, operands, options.all === true);
    return changeEachMachine(context, names, options.json === true, (machine) =>
      machine.down(limits, context.ui.progress, context.signal),
    );
  },
});

/** Throws UserError `usage` (exit 2). */
export function parseDownOptions(
  verb: string,
  { force, timeout }: OptionValues<typeof downOptions>,
): {
  force: boolean;
  timeoutMs: number;
} {
  return { force: force === true, timeoutMs: parseSeconds(verb, timeout, defaultTimeoutMs) };
}
