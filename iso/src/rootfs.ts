import { readdirSync, readFileSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { file, type Entry } from "./tree.ts";

/** Modes that git does not keep. */
const modes: Readonly<Record<string, number>> = {
  "/etc/shadow": 0o640,
  "/etc/sudoers": 0o440,
};

/** The files of `rootfs/`, at the same paths in the image. */
export function readRootfs(folder: string): Entry[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => ({ path: `/${name}`, source: join(folder, name) }))
    .filter(({ source }) => lstatSync(source).isFile())
    .map(({ path, source }) => {
      const mode = modes[path] ?? ((lstatSync(source).mode & 0o100) === 0 ? 0o644 : 0o755);
      return file(path.replace(/^\/(bin|sbin|lib)\//, "/usr/$1/"), readFileSync(source), mode);
    });
}
