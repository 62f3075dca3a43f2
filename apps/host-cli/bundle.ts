import * as esbuild from "esbuild";

/** Packages that take long to load; the source imports them on demand. */
const loadedOnDemand = {
  ssh2: "ssh2",
  x509: "@peculiar/x509",
  "reflect-metadata": "reflect-metadata",
  "xz-decompress": "xz-decompress",
} as const;

const options = {
  bundle: true,
  // Names stay, for the stacks that people report.
  minifySyntax: true,
  minifyWhitespace: true,
  platform: "node",
  target: "node24",
  // What a single executable takes.
  format: "cjs",
  legalComments: "none",
  // ssh2 does without its native parts, and looks for both at run time.
  external: ["cpu-features"],
  loader: { ".node": "empty" },
} as const satisfies esbuild.BuildOptions;

const entry = `${import.meta.dirname}/src/main.ts`;

/** commander would load it for verbs that are programs of their own; there are none here. */
const withoutChildProcesses: esbuild.Plugin = {
  name: "commander without child processes",
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: "nothing", namespace: "nothing" } : undefined,
    );
    build.onLoad({ filter: /^nothing$/, namespace: "nothing" }, () => ({ contents: "export default {};" }));
  },
};

/** The whole command in one file. */
export async function bundleInOne(file: string): Promise<void> {
  await esbuild.build({ ...options, entryPoints: [entry], outfile: file, plugins: [withoutChildProcesses] });
}

/** main.cjs, and beside it a file for each package that most commands do without: they need not even be read. */
export async function bundleInParts(folder: string): Promise<void> {
  const plugins = [withoutChildProcesses, keepApart];
  await esbuild.build({ ...options, entryPoints: [entry], outfile: `${folder}/main.cjs`, plugins });
  await esbuild.build({ ...options, entryPoints: loadedOnDemand, outdir: folder, outExtension: { ".js": ".cjs" } });
}

const keepApart: esbuild.Plugin = {
  name: "keep apart",
  setup(build) {
    for (const [name, path] of Object.entries(loadedOnDemand)) {
      build.onResolve({ filter: new RegExp(`^${path}$`) }, () => ({ path: `./${name}.cjs`, external: true }));
    }
  },
};
