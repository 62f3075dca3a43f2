/** Makes dist/boot2docker: the command as one program that needs no Node. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBinary, parseTarget } from "@boot2docker/single-binary";
import { bundleInOne } from "./bundle.ts";

const output = `${import.meta.dirname}/dist/boot2docker`;
const folder = mkdtempSync(join(tmpdir(), "boot2docker-binary-"));
try {
  const bundle = join(folder, "main.cjs");
  await bundleInOne(bundle);
  await buildBinary({ bundle, output, target: parseTarget(process.argv[2]) });
} finally {
  rmSync(folder, { recursive: true });
}
process.stderr.write(`${output}: ${statSync(output).size} bytes\n`);
