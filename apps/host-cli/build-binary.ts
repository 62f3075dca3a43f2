/** Makes dist/boot2docker: the command as one program that needs no Node. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBinary, parseTarget } from "@boot2docker/single-binary";
import { bundleForBinary } from "./bundle.ts";

const output = `${import.meta.dirname}/dist/boot2docker`;
const folder = mkdtempSync(join(tmpdir(), "boot2docker-binary-"));
try {
  const { bundle, assets } = await bundleForBinary(folder);
  await buildBinary({ bundle, assets, output, target: parseTarget(process.argv[2]) });
} finally {
  rmSync(folder, { recursive: true });
}
process.stderr.write(`${output}: ${statSync(output).size} bytes\n`);
