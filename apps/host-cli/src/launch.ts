import { existsSync } from "node:fs";
import { createRequire, enableCompileCache } from "node:module";
import { homedir } from "node:os";

/**
 * dist/main.cjs: has V8 keep what it has compiled of the command, for the next one. Only where this user's files are anyway, which nobody
 * else writes to. The single binary does without.
 */
const root = process.env["BOOT2DOCKER_DIR"] ?? `${homedir()}/.boot2docker`;
if (existsSync(root)) enableCompileCache(`${root}/compiled`);
process.env["BOOT2DOCKER_COMMAND"] ??= "boot2docker"; // Without it the program's own name, which is Node's here.
createRequire(__filename)("./command.cjs");
