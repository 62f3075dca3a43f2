import { relative, resolve } from "node:path";
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

/** commander would load these for verbs that are programs of their own; there are none here. `process` is there anyway. */
const withoutPrograms: esbuild.Plugin = {
  name: "commander without programs",
  setup(build) {
    build.onResolve({ filter: /^node:(child_process|fs|path|process)$/ }, ({ path, importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path, namespace: "for commander" } : undefined,
    );
    build.onLoad({ filter: /./, namespace: "for commander" }, ({ path }) => ({
      contents: `export default ${path === "node:process" ? "process" : "{}"};`,
    }));
  },
};

/** One file, and for each that is `loadedOnDemand` another: the assets, by name, that the first one takes from the single binary. */
export async function bundleForBinary(folder: string): Promise<{ bundle: string; assets: Record<string, string> }> {
  const bundle = `${folder}/main.cjs`;
  await esbuild.build({
    ...options,
    entryPoints: [entry],
    outfile: bundle,
    plugins: [withoutPrograms, takeFromAssets],
  });
  await esbuild.build({
    ...options,
    entryPoints: loadedOnDemand,
    outdir: folder,
    outExtension: { ".js": ".cjs" },
  });
  const assets = Object.keys(loadedOnDemand).map((name) => [name, `${folder}/${name}.cjs`]);
  return { bundle, assets: Object.fromEntries(assets) as Record<string, string> };
}

/**
 * command.cjs has what every command needs, to be small: a command line is answered in the time that it takes to compile. rest.cjs has all
 * that the source imports on demand, but what is `loadedOnDemand`, which has a file for each. main.cjs starts the command.
 */
export async function bundleInParts(folder: string): Promise<void> {
  const demanded = new Set<string>();
  const plugins = [withoutPrograms, keepApart, keepOneOf(errors, "errors"), demand(demanded)];
  await esbuild.build({ ...options, entryPoints: [entry], outfile: `${folder}/command.cjs`, plugins });
  await esbuild.build({
    ...options,
    stdin: { contents: renderRest([...demanded]), resolveDir: import.meta.dirname },
    outfile: `${folder}/rest.cjs`,
    plugins: [withoutPrograms, keepApart, keepOneOf(errors, "errors")],
  });
  await esbuild.build({
    ...options,
    entryPoints: { ...loadedOnDemand, errors, main: `${import.meta.dirname}/src/launch.ts` },
    outdir: folder,
    outExtension: { ".js": ".cjs" },
    external: [...options.external, "./command.cjs"],
  });
}

/** Its classes are compared: there must be one of each in a process. */
const errors = `${import.meta.dirname}/src/errors.ts`;

/** A module by the name of its file, made when it is asked for. */
function renderRest(paths: readonly string[]): string {
  const rows = paths.map(
    (path) => `get ${JSON.stringify(nameOf(path))}() { return require(${JSON.stringify(path)}); }`,
  );
  return `module.exports = { ${rows.join(", ")} };`;
}

/** The same in every checkout. */
const nameOf = (path: string): string => relative(import.meta.dirname, path);

/** What is imported on demand is taken from rest.cjs. The table of verbs is in command.cjs anyway. */
function demand(demanded: Set<string>): esbuild.Plugin {
  return {
    name: "on demand",
    setup(build) {
      build.onResolve({ filter: /^(\.|@boot2docker\/)/ }, async ({ path, kind, resolveDir, pluginData }) => {
        if (kind !== "dynamic-import" || path === "./table.ts" || pluginData === demanded) return undefined;
        const found = await build.resolve(path, { kind, resolveDir, pluginData: demanded });
        demanded.add(found.path);
        return { path: found.path, namespace: "demand" };
      });
      build.onLoad({ filter: /./, namespace: "demand" }, ({ path }) => ({
        contents: `module.exports = require("./rest.cjs")[${JSON.stringify(nameOf(path))}];`,
      }));
      build.onResolve({ filter: /^\.\/rest\.cjs$/, namespace: "demand" }, () => ({
        path: "./rest.cjs",
        external: true,
      }));
    },
  };
}

/** A file of ours that is one in both parts. */
function keepOneOf(file: string, name: string): esbuild.Plugin {
  return {
    name: `one ${name}`,
    setup(build) {
      build.onResolve({ filter: new RegExp(`/${name}\\.ts$`) }, ({ path, resolveDir }) =>
        resolve(resolveDir, path) === file ? { path: `./${name}.cjs`, external: true } : undefined,
      );
    },
  };
}

/** Code of the single binary's main file stays in memory, used or not. */
const takeFromAssets: esbuild.Plugin = {
  name: "take from assets",
  setup(build) {
    for (const [name, path] of Object.entries(loadedOnDemand)) {
      build.onResolve({ filter: new RegExp(`^${path}$`) }, () => ({ path: name, namespace: "asset" }));
    }
    build.onLoad({ filter: /./, namespace: "asset" }, ({ path: name }) => ({
      contents: `
        const { getAsset } = require("node:sea");
        const { compileFunction } = require("node:vm");
        const options = { filename: "${name}.cjs" };
        compileFunction(getAsset("${name}", "utf8"), ["exports", "require", "module", "__dirname"], options)(
          exports, require, module, __dirname,
        );`,
    }));
  },
};

const keepApart: esbuild.Plugin = {
  name: "keep apart",
  setup(build) {
    for (const [name, path] of Object.entries(loadedOnDemand)) {
      build.onResolve({ filter: new RegExp(`^${path}$`) }, () => ({ path: `./${name}.cjs`, external: true }));
    }
  },
};
