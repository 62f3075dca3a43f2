import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Parts of the kernel that are compiled without their trace events. For NFS these are more than 500, whose texts the kernel goes through
 * at every boot (trace_event_update_all): 0.25 1-GIPS s, for what nobody traces here.
 */
const folders = ["fs/lockd", "fs/nfs", "net/sunrpc"];

/** linux/tracepoint.h: with it there are none. Kbuild hands it on to what is below. */
const flag = "subdir-ccflags-y += -DNOTRACE";

/** Leaves a Makefile alone that has it: make looks at its date. */
export function leaveOutTraceEvents(tree: string): void {
  for (const folder of folders) {
    const path = join(tree, folder, "Makefile");
    const text = readFileSync(path, "utf8");
    if (!text.includes(flag)) writeFileSync(path, `${text}\n${flag}\n`);
  }
}
