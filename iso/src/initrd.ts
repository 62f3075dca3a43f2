import { appendFileSync, readFileSync, statSync } from "node:fs";
import { runTool } from "@boot2docker/debian";
import { writeCpio } from "./cpio.ts";
import { padding } from "./tar.ts";
import { directory, file, planTree, symlink, type Entry } from "./tree.ts";

/** What the script calls, and what a person needs who ends up in its shell. */
const commands = [
  "cat",
  "cp",
  "cttyhack",
  "dd",
  "dmesg",
  "ls",
  "mkdir",
  "mount",
  "setsid",
  "sh",
  "stat",
  "switch_root",
  "umount",
  "usleep",
];

/** The initial RAM disk: busybox and one script, which finds the root image. */
export async function makeInitrd(
  busybox: string,
  script: string,
  output: string,
  epoch: number,
  signal: AbortSignal,
): Promise<void> {
  const console: Entry = {
    type: "character-device",
    path: "/dev/console",
    mode: 0o600,
    uid: 0,
    gid: 0,
    major: 5,
    minor: 1,
  };
  const tree = planTree([
    file("/bin/busybox", readFileSync(busybox), 0o755),
    ...commands.map((name) => symlink(`/bin/${name}`, "busybox")),
    file("/init", readFileSync(script), 0o755),
    // The kernel opens it before the first program runs, which mounts the rest of /dev.
    console,
    ...["/proc", "/sys", "/root", "/image", "/medium", "/copy"].map((path) => directory(path)),
  ]);
  // One thread: the number of threads would decide how the stream is cut.
  const args = ["-19", "--no-progress", "--single-thread", "-f", "-q", "-o", output];
  await runTool({ command: "zstd", package: "zstd" }, args, { input: writeCpio(tree, epoch) }, signal);
  // A second archive can be appended: the kernel looks for it at the next multiple of 4.
  appendFileSync(output, new Uint8Array(padding(statSync(output).size, 4)));
}
