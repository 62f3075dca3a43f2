import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sandbox } from "./machine.ts";

/**
 * From now on the sandbox's command finds a `qemu-system-x86_64` that runs the real one with other arguments: the machine is
 * otherwise a user's. `change` is bash that works on the array `arguments`. Called again it replaces the earlier one.
 */
export function wrapQemu(box: Sandbox, change: string): void {
  const folder = join(box.root, "bin");
  const wrapper = join(folder, "qemu-system-x86_64");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    wrapper,
    `#!/bin/bash\narguments=("$@")\n${change}\nexec /usr/bin/qemu-system-x86_64 "\${arguments[@]}"\n`,
  );
  chmodSync(wrapper, 0o755);
  const path = box.env["PATH"] ?? "";
  if (!path.startsWith(`${folder}:`)) box.env["PATH"] = `${folder}:${path}`;
}
