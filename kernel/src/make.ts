import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { availableParallelism } from "node:os";

/**
 * Fixed, so that the same inputs give the same bytes (kernel: Documentation/kbuild/reproducible-builds.rst). The date
 * is the pin's own: `uname -v` shows it.
 */
const reproducible = {
  KBUILD_BUILD_TIMESTAMP: "2026-11-23 00:00:00 UTC",
  KBUILD_BUILD_USER: "boot2docker",
  KBUILD_BUILD_HOST: "boot2docker",
  KBUILD_BUILD_VERSION: "1",
  LC_ALL: "C",
  TZ: "UTC",
} as const;

/** Compiler steps of a cold build, about; only the progress line uses it. */
const expectedSteps = 3_800;
const progressEveryMs = 10_000;
const keptOutput = 60;

/**
 * Runs `make` in the kernel tree and says every 10 s how far it is. Throws with the last lines of output when it fails.
 * At most one make works in a tree: others wait for `lock`.
 */
export async function make(tree: string, lock: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const jobs = String(availableParallelism() + 1);
  const child = spawn("flock", ["--no-fork", lock, "make", "-C", tree, "-j", jobs, ...args], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...reproducible },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  const tail: string[] = [];
  let steps = 0;
  const timer = setInterval(() => {
    if (steps > 0) process.stderr.write(`kernel: ${String(steps)} of about ${String(expectedSteps)} steps\n`);
  }, progressEveryMs);
  const read = async (stream: NodeJS.ReadableStream) => {
    for await (const line of createInterface({ input: stream })) {
      if (/^ {2}[A-Z]/.test(line)) steps += 1;
      tail.push(line);
      if (tail.length > keptOutput) tail.shift();
    }
  };
  try {
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const [code] = await Promise.all([ended, read(child.stdout), read(child.stderr)]);
    if (code !== 0) throw new Error(`make ${args.join(" ")} failed (${String(code)}):\n${tail.join("\n")}`);
  } finally {
    clearInterval(timer);
  }
}
