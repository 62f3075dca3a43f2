import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ProcessIdentity, Processes, RunResult, SystemClock } from "../system.ts";

const OUTPUT_LIMIT_BYTES = 1024 * 1024;
/** Of a process that is no child of ours: the kernel tells its end only to PID 1. */
const ADOPTED_POLL_MS = 250;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export function openProcesses(clock: Pick<SystemClock, "wait">): Processes {
  const children = new Map<number, ChildProcess>();
  return {
    async run([program, ...args], signal, { input } = {}) {
      const child = spawn(program, args, {
        env: { PATH },
        stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      });
      const stop = (): void => void child.kill("SIGKILL");
      signal.addEventListener("abort", stop, { once: true });
      try {
        signal.throwIfAborted();
        const stdout = collect(child.stdout);
        const stderr = collect(child.stderr);
        child.stdin?.on("error", () => undefined); // EPIPE: the program did not want its input; its exit code tells
        child.stdin?.end(input);
        // once() rejects on "error", which is how a missing program is told.
        const [code] = (await once(child, "close")) as [RunResult["code"]]; // child_process: "close" has (code, signal)
        signal.throwIfAborted();
        return { code, stdout: stdout(), stderr: stderr() };
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
    async start({ argv: [program, ...args], env, io }) {
      const fds = openStreams(io);
      try {
        // `detached` is setsid(2): a terminal that is opened without NOCTTY after that would become the controlling one.
        const child = spawn(program, args, { env: { PATH, ...env }, detached: true, stdio: fds });
        await once(child, "spawn");
        const pid = child.pid;
        if (pid === undefined) throw new Error(`${program} has no process id`);
        child.unref();
        children.set(pid, child);
        child.once("exit", () => {
          children.delete(pid);
        });
        return identifyNow(pid) ?? { pid, startMark: "gone" };
      } finally {
        for (const fd of new Set(fds)) closeSync(fd);
      }
    },
    async identify(pid) {
      return identifyNow(pid);
    },
    async exited(target, signal) {
      const child = children.get(target.pid);
      if (child !== undefined) {
        // `unref` let this process end before its child; while somebody waits for that, it must not.
        child.ref();
        const [code, killer] = (await once(child, "exit", { signal })) as [number | null, string | null]; // child_process
        return killer === null ? `exit code ${String(code)}` : `killed by ${killer}`;
      }
      while (identifyNow(target.pid)?.startMark === target.startMark) await clock.wait(ADOPTED_POLL_MS, signal);
      return "it is gone";
    },
    async kill(target, signalName) {
      if (identifyNow(target.pid)?.startMark !== target.startMark) return false;
      return process.kill(target.pid, signalName);
    },
    async others() {
      return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .filter((pid) => pid !== 1 && pid !== process.pid && hasCommandLine(pid));
    },
    killAll(signalName) {
      try {
        process.kill(-1, signalName);
      } catch (error) {
        // ESRCH: there is nobody left.
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      }
    },
  };
}

/** A thread of the kernel has none, nor has a zombie. */
function hasCommandLine(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1") !== "";
  } catch {
    return false; // it ended meanwhile
  }
}

function openStreams(io: { logPath: string } | { terminal: string }): [number, number, number] {
  if ("terminal" in io) {
    const fd = openSync(io.terminal, "r+");
    return [fd, fd, fd];
  }
  mkdirSync(dirname(io.logPath), { recursive: true });
  const log = openSync(io.logPath, "a", 0o640);
  return [openSync("/dev/null", "r"), log, log];
}

/** See proc_pid_stat(5). The name in parentheses may hold anything, so the fields are counted after the last one. */
function identifyNow(pid: number): ProcessIdentity | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined; // ENOENT, or ESRCH when it ended while it was read: it does not run
  }
  const [state, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const startMark = rest[18];
  return state === "Z" || state === "X" || startMark === undefined ? undefined : { pid, startMark };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (chunk: string) => {
    if (text.length < OUTPUT_LIMIT_BYTES) text += chunk;
  });
  return () => text;
}
