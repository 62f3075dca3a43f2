import { defaultMachine, isMachineName } from "../machine-dir/dir.ts";

export interface Operand {
  /** Absent for a path of this host. */
  machine?: string;
  path: string;
}

/** `NAME:PATH`, `:PATH`, and all else is a path of this host: `./a:b` too, and `C:\x`, on Windows also `c:/x`. */
export function parseOperand(text: string, isWindows: boolean): Operand {
  const colon = text.indexOf(":");
  // docker-machine's form named the user, too; there is one.
  const before = text.slice(0, colon).replace(/^docker@/, "");
  const isDrive = isWindows ? /^[a-z]:/i.test(text) : /^[a-z]:\\/i.test(text);
  if (colon < 0 || isDrive || !(before === "" || isMachineName(before))) return { path: text };
  return { machine: before === "" ? defaultMachine : before, path: inHome(text.slice(colon + 1)) };
}

/** A path of the guest that is not absolute begins in the home of its user: only the guest's shell would know a ~. */
function inHome(path: string): string {
  return path.replace(/^~(\/+|$)/, "") || ".";
}
