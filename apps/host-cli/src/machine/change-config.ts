import type { GuestState } from "@boot2docker/protocol";
import { flattenEngine } from "../engine-options.ts";
import { exitCodes, UserError } from "../errors.ts";
import { isSameFolders, seenByGuest } from "../folders.ts";
import { type MachineConfig, readMachineConfig, userSettings, writeMachineConfig } from "../machine-dir/config-file.ts";
import type { VmFacts } from "../driver/driver.ts";
import { type Change, type Inheritance, type Setting, settings } from "../settings.ts";
import { writeSize } from "../size.ts";
import type { Context } from "./context.ts";
import { checkFolders, checkMemory, checkPorts } from "./create.ts";
import { checkGrowth, runGrowDisk } from "./disk-care.ts";
import type { WaitingSetting } from "./machine.ts";
import { inRow } from "./row.ts";
import { withAgent } from "./with-agent.ts";

/** The guest's own limits for folders and engine, and what else it looks at. */
const applyLimitMs = 180_000;

export interface ConfigChange {
  /** As `boot2docker set` has it. */
  key: string;
  /** As the file has it; undefined for what is built in. */
  before: unknown;
  after: unknown;
  when: Change;
}

/** Key by key, in the order of the file. */
function compareConfigs(before: MachineConfig, after: MachineConfig): ConfigChange[] {
  const [had, has] = [flatten(before), flatten(after)];
  return [...new Set([...had.keys(), ...has.keys()])]
    .map((key) => ({ key, before: had.get(key), after: has.get(key), when: whenOf(key) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

/** By the keys that `boot2docker set` knows. */
export function flatten(config: MachineConfig): Map<string, unknown> {
  const whole = Object.entries(userSettings(config)).filter(([key]) => key !== "engine");
  return new Map([...whole, ...flattenEngine(config.engine ?? { daemon: {}, env: {} })]);
}

function whenOf(key: string): Change {
  const rows: Readonly<Record<string, Setting>> = settings;
  return rows[key]?.change ?? "at-once"; // Folders, and what is the engine's.
}

/**
 * Makes the machine another one; one that runs has at once what can be had at once. Nothing has changed when it fails, but that a disk
 * which has grown stays so. The machine's lock is held.
 *
 * Throws UserError `settings-while-stopped`, `disk-shrinks`, `folder-absent`, `folder-not-mounted`, `engine-settings` …
 */
export async function runChangeConfig(
  context: Context,
  after: MachineConfig,
  row = "settings applied",
): Promise<ConfigChange[]> {
  const { host, dir, driver, progress } = context;
  const before = await readMachineConfig(host, dir);
  const changes = compareConfigs(before, after);
  const isOn = (await driver.inspect()).state === "on";
  await check(context, before, after, isOn);
  // First, since it can't be taken back.
  if (after.diskBytes !== before.diskBytes) await runGrowDisk(context, after.diskBytes);
  await writeMachineConfig(host, dir, after);
  // What failed may have failed for a reason that is gone: to ask for the same again is to try again.
  if (!isOn || !(changes.length === 0 || changes.some(({ key, when }) => when === "at-once" && key !== "diskSize"))) {
    return changes;
  }
  try {
    await inRow(progress, row, () => apply(context, changes, after));
  } catch (error) {
    await writeMachineConfig(host, dir, { ...before, diskBytes: after.diskBytes });
    // Also after Ctrl-C. What went wrong first is what is told.
    const own = { ...context, signal: host.clock.deadline(applyLimitMs, new AbortController().signal) };
    await apply(own, [], before).catch(() => undefined);
    throw error;
  }
  return changes;
}

/** What the VM was started with, where that is not what it is to have. */
export function findWaiting(vm: VmFacts, inherited: Inheritance | undefined, config: MachineConfig): WaitingSetting[] {
  const { cpus, memoryMiB, inherit = "all" } = config;
  if (vm.state === "off" || vm.size === undefined) return [];
  const { size } = vm;
  return [
    ...(size.cpus === cpus ? [] : [{ key: "cpus" as const, running: size.cpus }]),
    ...(size.memoryMiB === memoryMiB ? [] : [{ key: "memory" as const, running: writeSize(size.memoryMiB * 2 ** 20) }]),
    ...(inherited === undefined || inherited === inherit ? [] : [{ key: "inherit" as const, running: inherited }]),
  ];
}

async function check(
  { host, dir }: Context,
  before: MachineConfig,
  after: MachineConfig,
  isOn: boolean,
): Promise<void> {
  const changes = compareConfigs(before, after);
  const fixed = changes.filter(({ when }) => isOn && when === "while-stopped").map(({ key }) => key);
  if (fixed.length > 0) {
    throw new UserError(`machine ${dir.name} runs: ${fixed.join(" and ")} can't be changed now`, {
      code: "settings-while-stopped",
      hint: `Stop it first: boot2docker down ${dir.name}`,
      exitCode: exitCodes.usage,
    });
  }
  const changed = new Set(changes.map(({ key }) => key));
  if (after.memoryMiB > before.memoryMiB) checkMemory(host, after.memoryMiB);
  if (changed.has("dockerPort") || changed.has("sshPort")) await checkPorts(host, dir, after);
  const disk = await host.files.stat(dir.dataDisk);
  if (changed.has("diskSize")) checkGrowth(dir.name, disk?.sizeBytes ?? before.diskBytes, after.diskBytes);
  const had = new Set((before.folders ?? []).map(({ path }) => path));
  await checkFolders(
    host,
    (after.folders ?? []).filter(({ path }) => !had.has(path)),
  );
}

async function apply(
  { host, dir, signal }: Context,
  changes: readonly ConfigChange[],
  { folders = [] }: MachineConfig,
): Promise<void> {
  const state = await withAgent({ host, dir, signal }, applyLimitMs, async (agent, limit) => {
    await agent.call("config.apply", {}, limit);
    return agent.call("state.get", {}, limit);
  });
  const hint = `Nothing was changed. \`boot2docker logs ${dir.name} guest-init\` says more.`;
  const refused = reasonsOf(state).find(({ code }) => code === "engine-settings");
  if (refused !== undefined && changes.some(({ key }) => key.startsWith("engine."))) {
    throw new UserError(refused.message, { code: "engine-settings", hint });
  }
  if (isSameFolders(seenByGuest(folders), state.folders ?? [])) return;
  const why = reasonsOf(state).map(({ message }) => message);
  throw new UserError(`the guest of ${dir.name} does not have them: ${why.join("; ") || "it does not say why"}`, {
    code: "folder-not-mounted",
    hint,
  });
}

const reasonsOf = ({ lifecycle }: GuestState) => (lifecycle.name === "degraded" ? lifecycle.reasons : []);
