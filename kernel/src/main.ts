import { join } from "node:path";
import { buildKernel } from "./build.ts";
import { compareTwoBuilds } from "./repro.ts";

const commands = {
  build: (signal: AbortSignal) =>
    buildKernel({ architecture: "x86_64", output: join(import.meta.dirname, "..", "dist") }, signal),
  repro: (signal: AbortSignal) => compareTwoBuilds("x86_64", signal),
} as const;

const controller = new AbortController();
for (const name of ["SIGINT", "SIGTERM"])
  process.once(name, () => {
    controller.abort();
  });
const name = process.argv[2] ?? "";
if (!Object.hasOwn(commands, name)) {
  process.stderr.write(`usage: node src/main.ts ${Object.keys(commands).join("|")}\n`);
  process.exitCode = 2;
} else {
  try {
    // `hasOwn` has just said that it is one of them.
    await commands[name as keyof typeof commands](controller.signal);
  } catch (error) {
    process.stderr.write(`kernel: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
