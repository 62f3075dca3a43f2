import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { qemuArgv } from "@boot2docker/host-cli/src/driver/qemu-argv.ts";
import { writeCpio } from "@boot2docker/iso/src/cpio.ts";
import { file, planTree } from "@boot2docker/iso/src/tree.ts";
import { hostOf } from "../harness/agent.ts";
import { rootImageFolder, type Sandbox } from "../harness/machine.ts";

const limitMs = 300_000;

/**
 * Boots the machine's own kernel, root and data disk with a shell script in the place of /sbin/init, and returns the
 * guest's uptime in seconds at each of its marks. The machine must be stopped.
 */
export async function bootFloor(box: Sandbox, extra: readonly string[]): Promise<Record<string, number>> {
  const { dir } = hostOf(box);
  const image = rootImageFolder(box);
  const initrd = join(box.root, "floor-initrd.img");
  copyFileSync(join(image, "initrd.img"), initrd);
  // The kernel unpacks an archive appended to another; the initrd's script lays this one's file over /sbin/init.
  const script = file("/init-instead", readFileSync(join(import.meta.dirname, "floor-init.sh"), "utf8"), 0o755);
  await pipeline(Readable.from(writeCpio(planTree([script]), 0)), createWriteStream(initrd, { flags: "a" }));
  writeFileSync(dir.consoleLog, "");
  const argv = qemuArgv(
    {
      name: "floor",
      cpus: 1,
      memoryMiB: 2048,
      kernelPath: join(image, "vmlinuz"),
      initrdPath: initrd,
      rootPath: join(image, "root.img"),
      dataDiskPath: dir.dataDisk,
    },
    "tcg",
    dir,
  );
  const vm = spawn("/usr/bin/qemu-system-x86_64", [...argv, ...extra], { stdio: ["ignore", "ignore", "inherit"] });
  const limit = AbortSignal.timeout(limitMs);
  try {
    return await readMarks(dir.consoleLog, limit);
  } finally {
    vm.kill("SIGKILL");
    await once(vm, "exit");
  }
}

/** Follows the console until the mark `engine`. */
async function readMarks(log: string, limit: AbortSignal): Promise<Record<string, number>> {
  const tail = spawn("tail", ["-n", "+1", "-f", log], { stdio: ["ignore", "pipe", "inherit"], signal: limit });
  const marks: Record<string, number> = {};
  try {
    for await (const line of createInterface({ input: tail.stdout })) {
      const mark = /^floor (\S+) ([\d.]+)/.exec(line);
      if (mark?.[1] !== undefined) marks[mark[1]] = Number(mark[2]);
      if (marks["engine"] !== undefined) return marks;
    }
    throw new Error(`the floor's engine did not answer: ${readFileSync(log, "utf8")}`);
  } finally {
    tail.kill();
  }
}
