import { settingNames } from "../settings.ts";
import { namedMachine } from "./machines.ts";
import type { Context } from "./verb.ts";

export interface EffectiveSetting {
  key: string;
  value: unknown;
  /** A file, a variable, or `built in`. */
  from: string;
  /** What the VM has until it starts again, where that is something else. */
  running?: number | string;
}

/** Of a machine that is there. */
export async function effectiveSettings(context: Context, names: readonly string[]): Promise<EffectiveSetting[]> {
  const [{ flatten }, { machineDir }, machine] = await Promise.all([
    import("../machine/change-config.ts"),
    import("../machine-dir/dir.ts"),
    namedMachine(context, names),
  ]);
  const has = flatten(await machine.readConfig());
  const waiting = new Map<string, number | string>(
    (await machine.readWaiting()).map(({ key, running }) => [key, running]),
  );
  const path = machineDir(context.host, machine.name).config;
  return rowsOf(has, () => path).map((row) => {
    const running = waiting.get(row.key);
    return running === undefined ? row : { ...row, running };
  });
}

/** What `init` would make, here and now. */
export async function effectiveDefaults({ host }: Context): Promise<EffectiveSetting[]> {
  const [{ resolveSettings }, { flatten }, { rootDir }, { defaultFolders }] = await Promise.all([
    import("../config.ts"),
    import("../machine/change-config.ts"),
    import("../machine-dir/dir.ts"),
    import("../folders.ts"),
  ]);
  const path = rootDir(host).defaults;
  const { request, from } = resolveSettings({
    flags: {},
    env: host.env,
    file: { path, text: await host.files.readText(path) },
    hostCpus: host.resources().cpus,
    bases: host,
  });
  const whole = {
    folders: defaultFolders(host.homeDir),
    ...request,
    dockerPort: request.dockerPort ?? 0,
    sshPort: request.sshPort ?? 0,
  };
  const has = flatten(whole);
  for (const name of ["dockerPort", "sshPort"] as const) if (request[name] === undefined) has.set(name, null);
  return rowsOf(has, (key) => from.get(key) ?? builtInSource);
}

const builtInSource = "built in";
const builtInValues: Readonly<Record<string, unknown>> = { publish: "loopback", inherit: "all", folders: [] };

function rowsOf(has: ReadonlyMap<string, unknown>, sourceOf: (key: string) => string): EffectiveSetting[] {
  const keys = [...new Set([...settingNames, "folders", ...has.keys()])];
  return keys.map((key) =>
    has.has(key)
      ? { key, value: has.get(key), from: sourceOf(key) }
      : { key, value: builtInValues[key], from: builtInSource },
  );
}
