import { OWN_DATA, RUN_DIR } from "./paths.ts";
import type { ProcessIdentity, System } from "./system.ts";

/** The user's own programs on the data disk, as boot2docker has always had them (INIT-04). */
export type HookName = "bootsync" | "bootlocal";

const succeeded = "exit code 0";
/** Holds why a hook failed: a later run of the plan does not run it again, and is to tell it all the same. */
const failureFile = (name: HookName): string => `${RUN_DIR}/${name}-failed`;

/** Undefined when there is no such hook, or it was started in this boot already. Its output goes to a log of its own. */
export async function startHook(
  name: HookName,
  logPath: string,
  { files, processes }: Pick<System, "files" | "processes">,
): Promise<ProcessIdentity | undefined> {
  const script = `${OWN_DATA}/${name}.sh`;
  const mark = `${RUN_DIR}/${name}-started`;
  if ((await files.stat(script)) === undefined || (await files.stat(mark)) !== undefined) return undefined;
  await files.write(mark, "");
  // By a shell, as it always was: the file need not be executable.
  return processes.start({ argv: ["/usr/bin/sh", script], env: { HOME: "/root" }, io: { logPath } });
}

/** Fails with the exit code when that is not 0. */
export async function awaitHook(
  name: HookName,
  process: ProcessIdentity,
  { files, processes }: Pick<System, "files" | "processes">,
  signal: AbortSignal,
): Promise<void> {
  const how = await processes.exited(process, signal);
  if (how === succeeded) return;
  const why = `${name}.sh ended with ${how}`;
  await files.write(failureFile(name), why);
  throw new Error(why);
}

/** Of an earlier run in this boot. */
export async function assertHookSucceeded(name: HookName, { files }: Pick<System, "files">): Promise<void> {
  const why = await files.readText(failureFile(name));
  if (why !== undefined) throw new Error(why);
}
