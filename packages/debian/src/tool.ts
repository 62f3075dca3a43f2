import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A program of the build machine and the Debian package that brings it. */
export interface Tool {
  command: string;
  package: string;
}

export interface RunOptions {
  input?: AsyncIterable<Uint8Array>;
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Takes the standard output, as bytes; the result is empty then. */
  outputFile?: string;
  /** Each line of output as it comes, for progress. */
  onLine?: (line: string) => void;
}

const keptLines = 40;

/**
 * Runs a program to its end and gives its standard output. Its messages are kept for the error: it throws when the
 * program is missing (and names the package), or ends with anything but 0.
 */
export async function runTool(
  tool: Tool,
  args: readonly string[],
  options: RunOptions,
  signal: AbortSignal,
): Promise<string> {
  const target = options.outputFile === undefined ? undefined : openSync(options.outputFile, "w");
  const child = spawn(tool.command, args, {
    stdio: ["pipe", target ?? "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC", ...options.env },
    signal,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (target !== undefined) closeSync(target); // The program has its own.
  const ended = new Promise<string>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const missing = error.code === "ENOENT" && options.cwd === undefined;
      reject(missing ? new Error(`${tool.command} is missing: install Debian's ${tool.package}`) : error);
    });
    child.once("close", (code, killer) => {
      resolve(String(code ?? killer));
    });
  });
  const stdout: string[] = [];
  const tail: string[] = [];
  const [status] = await Promise.all([
    ended,
    feed(child.stdin, options.input),
    readLines(child.stdout, (line) => {
      stdout.push(line);
      options.onLine?.(line);
    }),
    readLines(child.stderr, (line) => {
      tail.push(line);
      if (tail.length > keptLines) tail.shift();
      options.onLine?.(line);
    }),
  ]);
  if (status !== "0") {
    throw new Error(
      `${tool.command} ${args.join(" ")} failed (${status}):\n${[...tail, ...stdout.slice(-5)].join("\n")}`,
    );
  }
  return stdout.map((line) => `${line}\n`).join("");
}

async function readLines(stream: Readable | null, use: (line: string) => void): Promise<void> {
  if (stream === null) return;
  for await (const line of createInterface({ input: stream })) use(line);
}

async function feed(stdin: Writable | null, input: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  if (stdin === null) return;
  try {
    await pipeline(input ?? [], stdin);
  } catch (error) {
    // A program that ends without reading all breaks the pipe; its exit status tells the story.
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "EPIPE" && code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  }
}
