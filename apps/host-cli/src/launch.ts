import { lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";

/** Of what this becomes. */
declare const require: (path: string) => unknown;

/**
 * dist/main.cjs: has V8 keep what it has compiled of the command, for the next one. Only in a folder that nobody else may write to: what is
 * in it is run. The single binary does without.
 */
const { BOOT2DOCKER_DIR: root = `${homedir()}/.boot2docker` } = process.env;
const compiled = `${root}/compiled`;
try {
  if (/^(\/|[A-Za-z]:[\\/])/.test(root) && isOurs(root)) {
    mkdirSync(compiled, { recursive: true, mode: 0o700 });
    if (isOurs(compiled)) enableCompileCache(compiled);
  }
} catch {
  // It takes a little longer.
}
process.env["BOOT2DOCKER_COMMAND"] ??= "boot2docker"; // Without it the program's own name, which is Node's here.
require("./command.cjs");

function isOurs(path: string): boolean {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts?.isDirectory() !== true) return false;
  return process.geteuid === undefined || (facts.uid === process.geteuid() && (facts.mode & 0o022) === 0);
}
