/** Makes dist/guest-init: one binary of the bundled source, the native addon and Node itself. */
import { mkdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { buildBinary, parseTarget } from "@boot2docker/single-binary";
import { build } from "esbuild";
import { ADDON_ASSET } from "./src/system/addon-asset.ts";

const addons = { x64: "@koromix/koffi-linux-x64/linux_x64/koffi.node" };

const target = parseTarget(process.argv[2]);
const dist = `${import.meta.dirname}/dist`;

mkdirSync(dist, { recursive: true });
await build({
  entryPoints: [`${import.meta.dirname}/src/main.ts`],
  outfile: `${dist}/guest-init.cjs`,
  bundle: true,
  minify: true,
  platform: "node",
  target: "node24",
  // What a single executable takes.
  format: "cjs",
  legalComments: "none",
});
await buildBinary({
  bundle: `${dist}/guest-init.cjs`,
  output: `${dist}/guest-init`,
  target,
  isLanguageFree: true,
  assets: { [ADDON_ASSET]: createRequire(import.meta.url).resolve(addons[target]) },
});
process.stderr.write(`${dist}/guest-init: ${statSync(`${dist}/guest-init`).size} bytes\n`);
