import type { MachineFlags } from "../config.ts";
import { engineOptions, flattenEngine } from "../engine-options.ts";
import { exitCodes, UserError } from "../errors.ts";
import { absolutePath, type Bases, folderOptions, isSameFolders } from "../folders.ts";
import type { MachineConfig } from "../machine-dir/config-file.ts";
import type { Machine } from "../machine/machine.ts";
import { sayProcessors } from "./edit-settings.ts";
import { machineExists } from "./machines.ts";
import { settingNames, settings, type SettingName } from "../settings.ts";
import type { Host } from "../host.ts";
import type { Ui } from "../ui.ts";
import type { Context, OptionRow } from "./verb.ts";

/** The options of the verbs that can make a machine. */
export const machineOptions = {
  cpus: settings.cpus,
  memory: settings.memory,
  diskSize: settings.diskSize,
  dockerPort: settings.dockerPort,
  sshPort: settings.sshPort,
  publish: settings.publish,
  inherit: settings.inherit,
  ...folderOptions,
  ...engineOptions,
} satisfies Record<SettingName | keyof typeof folderOptions | keyof typeof engineOptions, OptionRow>;

/** `disk` is one to begin with: a path as the user wrote it. */
type InitFlags = MachineFlags & { disk?: string };

/** Returns whether it had to be made. Throws UserError `settings-fixed` (exit 2) when there is one of other settings. */
export async function ensureMachine(context: Context, machine: Machine, flags: InitFlags): Promise<boolean> {
  if (!(await machineExists(context.host, machine.name))) {
    try {
      await create(context, machine.name, flags);
      return true;
    } catch (error) {
      // Another command made it in the meantime.
      if (!(error instanceof UserError && error.code === "machine-exists")) throw error;
    }
  }
  await checkSettings(machine.name, flags, await machine.readConfig(), context.host);
  return false;
}

/** Of flags, environment and the user's defaults. */
async function create({ host, ui, signal }: Context, name: string, flags: InitFlags): Promise<void> {
  const [{ resolveSettings }, { createMachine }, { rootDir }] = await Promise.all([
    import("../config.ts"),
    import("../machine/create.ts"),
    import("../machine-dir/dir.ts"),
  ]);
  const { defaults: path, oldProfile } = rootDir(host);
  await tellOldSettings(host, ui, oldProfile);
  const { request, from } = resolveSettings({
    flags,
    env: host.env,
    file: { path, text: await host.files.readText(path) },
    hostCpus: host.resources().cpus,
    bases: host,
  });
  sayProcessors({ host, ui }, request.cpus);
  const adopt = flags.disk !== undefined && {
    path: absolutePath(flags.disk, host),
    ...(from.has("diskSize") && { sizeBytes: request.diskBytes }),
  };
  await createMachine(host, name, { ...request, ...(adopt && { adopt }) }, ui.progress, signal);
}

const otherVariables = ["BOOT2DOCKER_DIR", "BOOT2DOCKER_IMAGE_DIR", "BOOT2DOCKER_ACCELERATOR", "BOOT2DOCKER_COMMAND"];

/** What the ancestors would have read, or what was mistyped. */
async function tellOldSettings(host: Host, ui: Ui, profile: string): Promise<void> {
  const { oldVariables } = await import("../ancestors.ts");
  for (const [name, now] of Object.entries(oldVariables))
    if (host.env[name] !== undefined) ui.say(`${name} is not read: ${now}`);
  const known = [...Object.values(settings).map(({ variable }) => variable), ...otherVariables];
  const { nearest } = await import("../nearest.ts");
  for (const name of Object.keys(host.env)) {
    const isOurs = name.startsWith("BOOT2DOCKER_") && !known.includes(name);
    const meant = isOurs
      ? nearest(
          name.toLowerCase(),
          known.map((other) => other.toLowerCase()),
        )
      : undefined;
    if (meant !== undefined) ui.say(`${name} is not read: did you mean ${meant.toUpperCase()}?`);
  }
  if ((await host.files.stat(profile)) !== undefined)
    ui.say(`${profile} is not read: put what it says into the defaults, by: boot2docker config edit --defaults`);
}

/**
 * Flags that a machine already has are no contradiction: scripts repeat themselves. Throws UserError `settings-fixed`
 * (exit 2) for others, rather than do as if they had been heard.
 */
async function checkSettings(name: string, flags: InitFlags, config: MachineConfig, bases: Bases): Promise<void> {
  const { longFlag, parseFlags } = await import("../config.ts");
  const { cpus, memoryMiB: memory, diskBytes: diskSize, dockerPort, sshPort } = config;
  const { publish = "loopback", inherit = "all" } = config;
  const has = { cpus, memory, diskSize, dockerPort, sshPort, publish, inherit };
  const { values, engine, folders } = parseFlags(flags, bases);
  const other = settingNames
    .filter((key) => values[key] !== undefined && values[key] !== has[key])
    .map((key) => longFlag(key));
  const hasEngine = new Map(flattenEngine(config.engine ?? { daemon: {}, env: {} }));
  const isOther = ([key, value]: [string, unknown]): boolean =>
    JSON.stringify(value) !== JSON.stringify(hasEngine.get(key));
  if (engine !== undefined && flattenEngine(engine).some(isOther)) other.push("--engine-…");
  if (flags.disk !== undefined) other.push("--disk");
  if (folders !== undefined && !isSameFolders(folders, config.folders ?? [])) other.push("--mount");
  if (other.length === 0) return;
  throw new UserError(`machine ${name} is there already, with another ${other.join(", ")}`, {
    code: "settings-fixed",
    hint:
      other.join("") === "--disk"
        ? "Its disk is its own since it was made. Another name makes another machine of the file."
        : `To change it: boot2docker set ${name} KEY=VALUE. What it has: boot2docker config ${name}`,
    exitCode: exitCodes.usage,
  });
}
