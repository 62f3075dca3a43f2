import { exitCodes, UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { ConfigChange } from "../machine/change-config.ts";
import type { Machine, WaitingSetting } from "../machine/machine.ts";
import type { MachineConfig, MachineDocument } from "../machine-dir/config-file.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { builtIn } from "../settings.ts";
import { writeSize } from "../size.ts";
import { editText } from "./edit-text.ts";
import { namedMachine } from "./machines.ts";
import type { Ui } from "../ui.ts";
import type { Context } from "./verb.ts";

/** `problems` gets a line for each that there is. */
type Edit = (document: MachineDocument, problems: string[]) => MachineDocument;

/** For `Machine.changeConfig`: an edit of what the machine's file says. Throws UserError `settings-invalid` (exit 2). */
export async function configEdit(host: Host, edit: Edit): Promise<(config: MachineConfig) => MachineConfig> {
  const { checkMachineDocument, toDocument } = await import("../machine-dir/config-file.ts");
  // In place of what is taken out, where a machine can't be without.
  const least = { cpus: Math.min(host.resources().cpus, builtIn.cpus), memory: writeSize(builtIn.memoryMiB * 2 ** 20) };
  return (config) => {
    const problems: string[] = [];
    const checked = checkMachineDocument({ ...least, ...edit(toDocument(config), problems) }, host.homeDir);
    if ("problems" in checked) throw settingsInvalid([...problems, ...checked.problems]);
    if (problems.length > 0) throw settingsInvalid(problems);
    return checked.config;
  };
}

/** The user's defaults, of what they are and as which text. Throws UserError `settings-invalid` (exit 2), of a file that can't be read, too. */
export async function changeDefaults(
  { host, ui, signal }: Context,
  edit: (document: MachineDocument, text: string, problems: string[]) => MachineDocument,
): Promise<MachineDocument> {
  const [{ readDefaults }, { rootDir }, { renderDocument }, { parseDocument }, { withLock }] = await Promise.all([
    import("../config.ts"),
    import("../machine-dir/dir.ts"),
    import("../machine-dir/config-file.ts"),
    import("../settings-document.ts"),
    import("../machine/lock.ts"),
  ]);
  const { path, lock, defaults } = rootDir(host);
  await host.files.makeDirectory(path);
  return withLock(host, { path: lock, what: path, progress: ui.progress, signal }, async () => {
    const problems: string[] = [];
    const present = (await host.files.readText(defaults)) ?? noDefaults;
    const document = parseDocument(present, { where: `${defaults}: `, homeDir: host.homeDir, problems });
    const edited = document && edit(document, present, problems);
    if (edited === undefined) throw settingsInvalid(problems);
    const text = renderDocument(edited);
    readDefaults({ path: defaults, text }, host, problems);
    if (problems.length > 0) throw settingsInvalid(problems);
    await host.files.writeAtomic(defaults, text);
    return edited;
  });
}

const noDefaults = "{}\n";

function settingsInvalid(problems: readonly string[]): UserError {
  return new UserError(`these settings can't be used:\n  ${problems.join("\n  ")}`, {
    code: "settings-invalid",
    hint: "Nothing was changed. See: boot2docker help set",
    exitCode: exitCodes.usage,
  });
}

export async function readDefaultsText({ host }: Context): Promise<string> {
  const { rootDir } = await import("../machine-dir/dir.ts");
  return (await host.files.readText(rootDir(host).defaults)) ?? noDefaults;
}

/** In the user's editor. */
export async function editMachine(context: Context, names: readonly string[]): Promise<void> {
  const { host, ui, signal } = context;
  const [{ renderDocument, toDocument }, { machineDir }, machine] = await Promise.all([
    import("../machine-dir/config-file.ts"),
    import("../machine-dir/dir.ts"),
    namedMachine(context, names),
  ]);
  let isBroken = false;
  const dir = machineDir(host, machine.name);
  const before = await readEditable();
  await editText(
    context,
    { before, draft: dir.configDraft, rejected: dir.configRejected, what: `settings of ${machine.name}` },
    async (text) => {
      const edited = await parseSettings(host, text);
      if (isBroken) {
        await replaceBroken(context, dir, before, edited);
        return;
      }
      const edit = await configEdit(host, (document) => {
        if (renderDocument(document) !== before) throw changedMeanwhile(machine.name);
        return edited;
      });
      await tellChanges(context, machine, await machine.changeConfig(edit, ui.progress, signal));
    },
  );

  /** Of a file that can't be read, the text: to correct it is what an editor is for. */
  async function readEditable(): Promise<string> {
    try {
      return renderDocument(toDocument(await machine.readConfig()));
    } catch (error) {
      const text =
        error instanceof UserError && error.code === "config-unreadable"
          ? await host.files.readText(dir.config)
          : undefined;
      if (text === undefined) throw error;
      isBroken = true;
      return text;
    }
  }
}

/** What a machine of it would run with was not known: it has what is written now when it starts again. */
async function replaceBroken(
  { host, ui, signal }: Context,
  { config, lock, name }: MachineDir,
  before: string,
  edited: MachineDocument,
): Promise<void> {
  const [{ checkMachineDocument, renderDocument }, { withLock }] = await Promise.all([
    import("../machine-dir/config-file.ts"),
    import("../machine/lock.ts"),
  ]);
  const checked = checkMachineDocument(edited, host.homeDir);
  if ("problems" in checked) throw settingsInvalid(checked.problems);
  await withLock(host, { path: lock, what: `machine ${name}`, progress: ui.progress, signal }, async () => {
    if ((await host.files.readText(config)) !== before) throw changedMeanwhile(name);
    await host.files.writeAtomic(config, renderDocument(edited));
  });
  ui.say(`the settings of ${name} can be read again`);
}

/** In the user's editor. */
export async function editDefaults(context: Context): Promise<void> {
  const { host } = context;
  const { rootDir } = await import("../machine-dir/dir.ts");
  const before = await readDefaultsText(context);
  const { defaultsDraft: draft, defaultsRejected: rejected } = rootDir(host);
  await editText(context, { before, draft, rejected, what: "defaults" }, async (text) => {
    const edited = await parseSettings(host, text);
    await changeDefaults(context, (_, present) => {
      if (present !== before) throw changedMeanwhile("new machines");
      return edited;
    });
  });
}

/** Throws UserError `settings-invalid` (exit 2) for a text that is no JSON object. */
export async function parseSettings({ homeDir }: Host, text: string): Promise<MachineDocument> {
  const { parseDocument } = await import("../settings-document.ts");
  const problems: string[] = [];
  const document = parseDocument(text, { where: "", homeDir, problems });
  if (document === undefined) throw settingsInvalid(problems);
  return document;
}

function changedMeanwhile(name: string): UserError {
  return new UserError(`the settings of ${name} were changed while you edited them`, {
    code: "settings-changed",
    hint: "What they are now: boot2docker config",
    exitCode: exitCodes.usage,
  });
}

/** What has become another, and what a machine that runs has only when it starts again. */
export async function tellChanges(
  { host, ui }: Context,
  machine: Machine,
  changes: readonly ConfigChange[],
): Promise<void> {
  if (changes.length === 0) ui.say("nothing was changed: all is so already");
  for (const { key, before, after } of changes) ui.say(`${key}: ${written(key, before)} → ${written(key, after)}`);
  const cpus = changes.find(({ key }) => key === "cpus")?.after;
  if (typeof cpus === "number") sayProcessors({ host, ui }, cpus);
  sayWaiting(ui, machine.name, await machine.readWaiting());
}

/** More than there are is possible, and slow. */
export function sayProcessors({ host, ui }: Pick<Context, "host" | "ui">, cpus: number): void {
  const has = host.resources().cpus;
  if (cpus > has) ui.say(`this host has ${has} processors: the ${cpus} of the machine share them`);
}

export function sayWaiting(ui: Ui, name: string, waiting: readonly WaitingSetting[]): void {
  if (waiting.length === 0) return;
  const keys = waiting.map(({ key }) => key).join(" and ");
  ui.say(`hint: The machine has ${keys} as set when it starts again: boot2docker restart ${name}`);
}

/** As `set` takes it. A machine has no folders but those that its file names. */
export function written(key: string, value: unknown): string {
  if (key === "folders" && (value === undefined || (Array.isArray(value) && value.length === 0))) return "none";
  if (value === null) return "a free one";
  return value === undefined ? "(built in)" : typeof value === "string" ? value : JSON.stringify(value);
}
