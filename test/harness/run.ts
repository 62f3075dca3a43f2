import { spawn } from "node:child_process";

export interface Ran {
  /** Exit code; 128 + signal number is not computed: a killed program has `null`. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  input?: string;
  cwd?: string;
  signal?: AbortSignal;
}

/** Runs a program to its end and returns what it said, whatever its exit code. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { input, env, ...rest } = options;
  const child = spawn(file, args, { ...rest, env: env ?? process.env, stdio: ["pipe", "pipe", "pipe"] });
  // A program that ends without reading its input is not an error of ours.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Like `run`, but an exit code other than 0 throws with all that was said. Returns stdout without its last line end. */
export async function must(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await run(file, args, options);
  if (ran.code !== 0) {
    throw new Error(`${file} ${args.join(" ")}: exit ${String(ran.code)}\n${ran.stdout}${ran.stderr}`);
  }
  return ran.stdout.replace(/\n$/, "");
}
