/** Makes dist/main.cjs and the parts that it loads on demand: the command, for the Node of this checkout. */
import { rmSync } from "node:fs";
import { writeFile, mkdir } from "node:fs/promises";
import { basename } from "node:path";
import { build, transform } from "esbuild";
import { bundleOptions } from "./bundle-options.ts";

const dist = `${import.meta.dirname}/dist`;

rmSync(dist, { recursive: true, force: true });
await mkdir(dist);
// What is imported on demand becomes a file of its own: to read and compile all of it would double the time that
// `--help` takes. esbuild splits only what stays in the form of ES modules, which Node starts slower, and which CommonJS
// packages do not get along with: each part is brought into the other form afterwards.
const { outputFiles } = await build({
  ...bundleOptions,
  outdir: dist,
  format: "esm",
  splitting: true,
  outExtension: { ".js": ".cjs" },
  write: false,
});
for (const { path, text } of outputFiles) {
  const { code } = await transform(text, {
    format: "cjs",
    platform: "node",
    target: "node24",
    supported: { "dynamic-import": false },
    minifySyntax: true,
    minifyWhitespace: true,
  });
  await writeFile(path, code);
  process.stderr.write(`${basename(path)}: ${code.length} bytes\n`);
}
