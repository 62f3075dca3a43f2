import { exitCodes, usageError } from "../errors.ts";
import type { DiskFacts, Machine } from "../machine/machine.ts";
import { parseSize, renderSize } from "../size.ts";
import { parseAction } from "./action.ts";
import { namedMachine, runningStatus } from "./machines.ts";
import { type Context, defaultMachine, jsonOption, verb } from "./verb.ts";

type Act = (
  context: Context,
  machine: Machine,
  size: number | undefined,
  isJson: boolean,
) => Promise<number | undefined>;

const actions = {
  info: async ({ ui, signal }, machine, _, isJson) => {
    const facts = await machine.readDisk(signal);
    if (isJson) ui.json({ name: machine.name, ...facts });
    else for (const line of describe(facts)) ui.result(line);
    return 0;
  },

  grow: async ({ ui, signal }, machine, size, isJson) => {
    if (size === undefined) {
      throw usageError("disk grow: to which size?", `For example: boot2docker disk grow ${machine.name} 40g`);
    }
    await machine.growDisk(size, ui.progress, signal);
    if (isJson) ui.json({ name: machine.name, sizeBytes: size });
    return 0;
  },

  trim: async (context, machine, _, isJson) => {
    const { ui, signal } = context;
    await runningStatus(context, machine);
    const trimmedBytes = await machine.trimDisk(ui.progress, signal);
    if (isJson) ui.json({ name: machine.name, trimmedBytes });
    else ui.result(`${inMiB(trimmedBytes)} MiB given back`);
    return 0;
  },

  check: async ({ ui, signal }, machine, _, isJson) => {
    const check = await machine.checkDisk(ui.progress, signal);
    if (isJson) ui.json({ name: machine.name, ...check });
    else {
      ui.result(check.isGood ? "good" : "damaged");
      ui.say(check.said);
    }
    return check.isGood ? 0 : exitCodes.failed;
  },
} satisfies Record<string, Act>;

type ActionName = keyof typeof actions;
const actionNames = Object.keys(actions) as ActionName[]; // Its own keys.

export const disk = verb({
  aliases: [],
  summary: "look after the data disk of a machine",
  details:
    "info says how large it is and how much of this host's disk it takes. grow makes it larger, also while the machine runs; it " +
    "never becomes smaller. trim gives this host back what was deleted, which also happens by itself with each deletion. check " +
    "has the whole file system checked and repaired; for that the machine is started, again if it runs.",
  examples: ["boot2docker disk info", "boot2docker disk grow 40g", "boot2docker disk grow work 40g"],
  operands: [
    { name: "ACTION", summary: `${actionNames.join(", ")}; info when not given`, choices: actionNames },
    { name: "NAME", summary: `the machine; ${defaultMachine} when not given` },
    { name: "SIZE", summary: "for grow: in MiB or as 40g" },
  ],
  options: jsonOption,
  async run(context, { operands, options }) {
    const { action, names, size } = await parseOperands(context, operands);
    const act: Act = actions[action];
    return act(context, await namedMachine(context, names), size, options.json === true);
  },
});

/** Throws UserError `usage` (exit 2). `grow` alone takes a size, and may be given that without a name. */
async function parseOperands(
  { host }: Context,
  operands: readonly string[],
): Promise<{ action: ActionName; names: readonly string[]; size: number | undefined }> {
  const { action, rest } = await parseAction(host, "disk", operands, { actions: actionNames, usual: "info" });
  const [name, text = name] = rest;
  if (action !== "grow") {
    if (rest.length > 1)
      throw usageError(`disk ${operands.join(" ")}: expected one machine`, "See: boot2docker help disk");
    return { action, names: rest, size: undefined };
  }
  const size = text === undefined ? undefined : parseSize(text);
  if (rest.length === 2 && size === undefined) throw usageError(`${text ?? ""}: expected a size`, "For example: 40g");
  return { action, names: size === undefined || rest.length === 2 ? rest.slice(0, 1) : [], size };
}

function describe({ path, sizeBytes, allocatedBytes, guest }: DiskFacts): string[] {
  return [
    `path       ${path}`,
    `size       ${renderSize(sizeBytes)}`,
    `on host    ${inMiB(allocatedBytes)} MiB`,
    ...(guest === undefined
      ? []
      : [
          `device     ${guest.device}${guest.readOnly ? ", read-only" : ""}`,
          `free       ${inMiB(guest.freeBytes)} of ${inMiB(guest.sizeBytes)} MiB`,
        ]),
  ];
}

function inMiB(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
