import type { BuildOptions } from "esbuild";

/** What both forms of the command have in common: the files of a checkout and the single binary. */
export const bundleOptions = {
  entryPoints: [`${import.meta.dirname}/src/main.ts`],
  bundle: true,
  // Names stay, for the stacks that people report.
  minifySyntax: true,
  minifyWhitespace: true,
  platform: "node",
  target: "node24",
  legalComments: "none",
  // ssh2 does without its native parts, and looks for both at run time.
  external: ["cpu-features"],
  loader: { ".node": "empty" },
} as const satisfies BuildOptions;
