import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { constants, openSync, closeSync } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { ProcessIdentity, Processes, RunResult } from "../host.ts";

const maxOutputBytes = 1 << 20;

export const nodeProcesses: Processes = { run, runOnTerminal, startDetached, identify, kill, find };

function run(command: string, args: readonly string[], signal: AbortSignal): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { signal, maxBuffer: maxOutputBytes, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (signal.aborted) reject(new Error(`${command} was stopped`, { cause: signal.reason }));
      else if (error === null) resolve({ code: 0, stdout, stderr });
      // A number is the program's exit code; a text is why it could not be run at all.
      else if (typeof error.code === "string") reject(new Error(error.message, { cause: error }));
      else resolve({ code: error.code ?? null, stdout, stderr });
    });
  });
}

async function runOnTerminal(shellLine: string, words: readonly string[]): Promise<number | null> {
  const child =
    process.platform === "win32"
      ? spawn([shellLine, ...words.map((word) => `"${word}"`)].join(" "), { shell: true, stdio: "inherit" })
      : spawn("sh", ["-c", `${shellLine} "$@"`, "sh", ...words], { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null]; // As its documentation says.
  return code;
}

async function startDetached(
  command: string,
  args: readonly string[],
  logPath: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ProcessIdentity> {
  const log = openSync(logPath, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
  try {
    const child = spawnPrivate(command, args, log, env);
    await once(child, "spawn");
    child.unref();
    const pid = child.pid ?? 0;
    return (await identify(pid)) ?? { pid, startMark: "", commandLine: "" };
  } finally {
    closeSync(log);
  }
}

/** Sockets and files that the child makes are the user's alone. No await: the mask belongs to the whole process. */
function spawnPrivate(command: string, args: readonly string[], log: number, env: Readonly<Record<string, string>>) {
  const mask = process.umask(0o077);
  try {
    return spawn(command, args, {
      detached: true,
      stdio: ["ignore", log, log],
      cwd: "/",
      env: { ...process.env, ...env },
      windowsHide: true,
    });
  } finally {
    process.umask(mask);
  }
}

async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  return process.platform === "linux" ? identifyByProc(pid) : identifyByPs(pid);
}

async function identifyByProc(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "latin1");
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8");
    // The second field may hold spaces and parentheses; state is field 3, start time field 22 (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startMark] = [fields[0], fields[19]];
    if (state === "Z" || state === "X" || startMark === undefined) return undefined;
    return { pid, startMark, commandLine: commandLine.replaceAll("\0", " ").trim() };
  } catch {
    return undefined; // It is gone, before or between the two reads.
  }
}

async function identifyByPs(pid: number): Promise<ProcessIdentity | undefined> {
  const { code, stdout } = await run("ps", ["-ww", "-o", "state=,lstart=,command=", "-p", String(pid)], never);
  const match = /^\s*(\S+)\s+(\S+\s+\S+\s+\d+\s+\S+\s+\d+)\s+(.*)$/.exec(stdout.trim());
  if (code !== 0 || match === null) return undefined;
  const [, state = "", startMark = "", commandLine = ""] = match;
  return state.startsWith("Z") ? undefined : { pid, startMark, commandLine };
}

const never = new AbortController().signal;

async function kill(target: ProcessIdentity, how: "terminate" | "kill"): Promise<boolean> {
  const now = await identify(target.pid);
  if (now?.startMark !== target.startMark) return false;
  try {
    process.kill(target.pid, how === "kill" ? "SIGKILL" : "SIGTERM");
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

async function find(command: string): Promise<string | undefined> {
  const suffix = process.platform === "win32" ? ".exe" : "";
  for (const directory of (process.env["PATH"] ?? "").split(delimiter).filter((entry) => entry !== "")) {
    const path = join(directory, command + suffix);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
