import { closeSync, mkdirSync, openSync } from "node:fs";
import type { Mounts } from "../system.ts";
import { parseMountOptions } from "./mount-options.ts";
import type { Native } from "./native.ts";

/** umount2(2) */
const DETACH = 2;

export function openMounts(native: Native): Mounts {
  return {
    async mount({ source, target, fstype, options }) {
      const { flags, data } = parseMountOptions(options);
      mkdirSync(target, { recursive: true });
      native.mount(source, target, fstype, flags, data);
    },
    async unmount(target, how) {
      native.unmount(target, how === "lazy" ? DETACH : 0);
    },
    async sync(path) {
      const file = openSync(path, "r");
      try {
        native.syncFileSystem(file);
      } finally {
        closeSync(file);
      }
    },
  };
}
