import { detectShell, type ShellName } from "../shell-env.ts";
import type { Context } from "./verb.ts";

/** The shell that this command was typed in, as far as that can be told. */
export async function callingShell({ host, parentPid }: Context): Promise<ShellName> {
  const { platform, env } = host;
  // There is no `ps` on Windows to ask for a process.
  const parent = platform === "win32" ? undefined : await host.processes.identify(parentPid);
  return detectShell({ platform, env, parent: parent?.commandLine });
}
