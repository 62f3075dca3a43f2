import childProcess, { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { trimIcuData } from "./icu-data.ts";
import { nodeFor, type Target } from "./target.ts";

export interface BinaryOptions {
  /** One CommonJS file; all paths are absolute. */
  bundle: string;
  output: string;
  target: Target;
  /** Files that the program gets by `getAsset` of node:sea, by name. */
  assets?: Record<string, string>;
  /** It speaks to no person: dates, sorting and the like are those of English, and 30 MB of ICU's data are zeros. */
  isLanguageFree?: boolean;
}

/**
 * Puts bundle and assets into a copy of Node, with pkg, so that the same input gives the same bytes in any folder.
 *
 * Two things of pkg 6 stand against that, and neither has an option: V8's code cache differs from run to run unless the
 * generator is seeded, and the absolute path of the entry gets into the binary. Both are set right where pkg starts
 * the generator.
 */
export async function buildBinary({
  bundle,
  output,
  target,
  assets = {},
  isLanguageFree = false,
}: BinaryOptions): Promise<void> {
  rmSync(output, { force: true });
  const entry = `${basename(output)}.cjs`;
  const restore = wrapExecFile((file, args) => {
    if (args[0] !== "--experimental-sea-config") return args;
    // pkg runs the generator in a fresh folder; from there the entry has a short name, the same everywhere.
    copyFileSync(bundle, entry);
    // The seed is no flag that V8 compares, so the cache is accepted by a binary that runs without it.
    return ["--random-seed=1", ...args];
  });
  const folder = mkdtempSync(join(tmpdir(), "single-binary-"));
  try {
    const require = createRequire(import.meta.url);
    // Not in pkg's public interface, so the version is pinned: the command line passes on neither nodePath nor seaConfig.
    const { default: options } = require("@yao-pkg/pkg/lib-es5/options.js") as {
      default: { set(value: object): void };
    };
    const { default: sea } = require("@yao-pkg/pkg/lib-es5/sea.js") as {
      default: (entry: string, options: object) => Promise<void>;
    };
    options.set({});
    await sea(bundle, {
      targets: [{ nodeRange: `node${process.versions.node}`, platform: "linux", arch: target, output }],
      signature: false,
      nodePath: strippedNode(target, isLanguageFree, folder),
      seaConfig: {
        main: entry,
        useCodeCache: true,
        assets,
        // Fewer threads and a smaller young generation: a third less memory, and the code cache stays valid.
        execArgv: ["--v8-pool-size=0", "--max-semi-space-size=1", "--disable-sigusr1"],
        // NODE_OPTIONS are meant for other programs.
        execArgvExtension: "none",
      },
    });
  } finally {
    restore();
    rmSync(folder, { recursive: true });
  }
}

/** Before the injection: afterwards it would destroy the binary. */
function strippedNode(target: Target, isLanguageFree: boolean, folder: string): string {
  const stripped = join(folder, "node");
  execFileSync("strip", ["--strip-unneeded", "-o", stripped, nodeFor(target)]);
  if (isLanguageFree) {
    const program = readFileSync(stripped);
    trimIcuData(program);
    writeFileSync(stripped, program); // keeps the mode
  }
  return stripped;
}

/** pkg calls `promisify(execFile)` when it is loaded, which takes the function's own promisified form. */
function wrapExecFile(change: (file: string, args: string[]) => string[]): () => void {
  const original = childProcess.execFile;
  const value = (file: string, args: string[]): Promise<object> =>
    new Promise((resolve, reject) => {
      original(file, change(file, args), (error, stdout, stderr) => {
        if (error === null) resolve({ stdout, stderr });
        else reject(new Error(`${file} failed`, { cause: error }));
      });
    });
  const wrapped = original.bind(childProcess);
  Object.defineProperty(wrapped, promisify.custom, { value });
  // pkg uses only the promisified form, and of that only these two arguments.
  childProcess.execFile = wrapped;
  return () => {
    childProcess.execFile = original;
  };
}
