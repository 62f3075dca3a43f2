import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";

/** What is to happen at the user's login. */
export interface LoginJob {
  /** Of the machine. */
  name: string;
  /** What starts this program, without arguments. */
  program: readonly string[];
  /** Of a shell of now: what starts things at login knows none of it. */
  environment: Readonly<Record<string, string>>;
  /** To be found again in what was made. */
  mark: string;
  /** Where `up` may write what it says, on a platform that has no log of its own for that. */
  logPath: string;
}

/** The one place that a platform has for a machine's job. */
export interface LoginEntry {
  /** A path, or how the platform calls it. */
  readonly place: string;
  /** Undefined when there is nothing. */
  read(signal: AbortSignal): Promise<{ text: string; isOn: boolean } | undefined>;
  /** Takes effect at the next login, and replaces what is there. Throws UserError `autostart-unavailable`. */
  write(job: LoginJob, signal: AbortSignal): Promise<void>;
  remove(signal: AbortSignal): Promise<void>;
}

/** A start at login makes nothing: where the disk with the machines is missing there would be an empty machine in its place. */
export const startArguments = ({ name }: LoginJob): string[] => ["up", "--no-init", name];

/** Names the directory, for there may be machines of one name in several roots. Safe in a comment and a text of XML, in any code page. */
export function markOf({ path }: MachineDir): string {
  return `made by boot2docker autostart for ${encodeURI(path).replaceAll("&", "%26").replaceAll("--", "-%2D")}`;
}

export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Its output. Throws UserError `autostart-unavailable` when it is not there or fails. */
export async function runTool(
  host: Host,
  { command, args, hint }: { command: string; args: readonly string[]; hint: string },
  signal: AbortSignal,
): Promise<string> {
  const path = await host.processes.find(command);
  const result = path === undefined ? undefined : await host.processes.run(path, args, signal);
  if (result?.code === 0) return result.stdout;
  const why = result === undefined ? "this host has no such program" : result.stderr.trim();
  throw new UserError(`${[command, ...args].join(" ")} failed: ${why}`, { code: "autostart-unavailable", hint });
}
