import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { qemuArgv } from "@boot2docker/host-cli/src/driver/qemu-argv.ts";
import { expect, test } from "vitest";
import { hostOf } from "../../harness/agent.ts";
import { imageFolder, makeSandbox, type Sandbox } from "../../harness/machine.ts";

const boots = 4;
const competitors = 10;
/** Each of the processes below ends by itself, whatever becomes of this test. */
const bootLimitMs = 120_000;

/** Without `no_timer_check` more than half of these boots end with "IO-APIC + timer doesn't work!". */
test(
  "a host so busy that the guest's timer ticks come late: the kernel starts all the same",
  async () => {
    await using box = await makeSandbox();
    await box.ok("init");
    for (let boot = 0; boot < boots; boot += 1) expect(await bootKernel(box)).not.toMatch(/Kernel panic/);
  },
  boots * bootLimitMs + 60_000,
);

/** What the kernel said until it was past all that has to do with timers, or panicked. */
async function bootKernel(box: Sandbox): Promise<string> {
  const { dir } = hostOf(box);
  rmSync(dir.consoleLog, { force: true });
  const initrdPath = join(imageFolder, "initrd.img");
  const files = {
    kernelPath: join(imageFolder, "vmlinuz"),
    initrdPath,
    rootPath: initrdPath, // It does not get as far as to mount it.
    dataDiskPath: dir.dataDisk,
  };
  const argv = qemuArgv({ name: "busy", cpus: 2, memoryMiB: 2048, ...files }, "tcg", dir);
  const talkative = argv.map((argument) => argument.replace("quiet loglevel=3", "loglevel=7"));
  const vm = startAmongCompetitors("qemu-system-x86_64", talkative);
  try {
    for (;;) {
      await delay(200);
      const said = readConsole(dir.consoleLog);
      if (/PCI: Using configuration|Kernel panic/.test(said)) return said;
      if (vm.exitCode !== null) throw new Error(`the kernel did not get that far:\n${said}`);
    }
  } finally {
    process.kill(-(vm.pid ?? Number.NaN), "SIGKILL");
    if (vm.exitCode === null) await once(vm, "exit");
  }
}

function readConsole(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // QEMU has not made it yet.
  }
}

/** On one processor and in one session, which the host's scheduler takes for one group: each gets as much as the program. */
function startAmongCompetitors(file: string, args: readonly string[]): ChildProcess {
  const limit = ["timeout", "--foreground", "--signal=KILL", String(bootLimitMs / 1000)];
  const script = `for i in $(seq ${String(competitors)}); do ${limit.join(" ")} sh -c 'while :; do :; done' & done; exec "$@"`;
  const argv = ["-c", "0", "sh", "-c", script, "sh", ...limit, file, ...args];
  return spawn("taskset", argv, { stdio: "ignore", detached: true });
}
