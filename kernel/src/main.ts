import { join } from "node:path";
import { buildKernel } from "./build.ts";

const controller = new AbortController();
process.once("SIGINT", () => {
  controller.abort();
});
try {
  await buildKernel({ architecture: "x86_64", output: join(import.meta.dirname, "..", "dist") }, controller.signal);
} catch (error) {
  process.stderr.write(`kernel: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
