import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { MachineDir } from "@boot2docker/host-cli/src/machine-dir/dir.ts";
import { hostOf } from "../harness/agent.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { wrapQemu } from "../harness/qemu-wrapper.ts";
import { must } from "../harness/run.ts";
import { serveDisk } from "./block-server.ts";
import { type Cut, DiskHistory } from "./cut.ts";
import { Image, WriteLog } from "./write-log.ts";

/** A user's machine whose data disk is served by us, so that its power can be cut. */
export interface PowerCutMachine extends AsyncDisposable {
  readonly box: Sandbox;
  /** The data disk's image while no power is on. */
  readonly disk: string;
  /** Attaches the disk; a VM can be started while this is there, and its power cut once. The log may go on with another's. */
  plugIn(how?: "create" | "append"): Promise<Supply>;
}

export interface Supply extends AsyncDisposable {
  readonly log: WriteLog;
  readonly logPath: string;
  /** The VM is gone at once, and with it what the disk had not been told to keep. */
  cut(random: () => number): Promise<Cut>;
}

/** `sizeMiB` is small: each cut copies what is on the disk. */
export async function makePowerCutMachine(sizeMiB: number): Promise<PowerCutMachine> {
  const box = await makeSandbox();
  const socketPath = join(box.root, "disk.sock");
  const base = join(box.root, "before.raw");
  const logPath = join(box.root, "writes.log");
  useServedDisk(box, socketPath);
  await box.ok("init", "--disk-size", String(sizeMiB));
  const { dir } = hostOf(box);

  return {
    box,
    disk: dir.dataDisk,
    async plugIn(how = "create") {
      await copySparse(dir.dataDisk, base);
      const image = new Image(dir.dataDisk);
      const log = new WriteLog(logPath, how);
      const server = await serveDisk(socketPath, image, log);
      const unplug = async (): Promise<void> => {
        await server[Symbol.asyncDispose]();
        rmSync(socketPath, { force: true });
        image.close();
      };
      let isPlugged = true;
      return {
        log,
        logPath,
        async cut(random) {
          await killVm(dir);
          isPlugged = false;
          await unplug();
          const left = new Image(base);
          try {
            const history = new DiskHistory(left, log);
            history.advanceTo(log.count);
            return history.cut(left, random);
          } finally {
            left.close();
            await copySparse(base, dir.dataDisk);
          }
        },
        async [Symbol.asyncDispose]() {
          if (isPlugged) await unplug();
          log.close();
        },
      };
    },
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
}

/** Not by the command, which would ask the guest to shut down first. */
async function killVm(dir: MachineDir): Promise<void> {
  const pid = Number(readFileSync(dir.pid, "utf8"));
  process.kill(pid, "SIGKILL");
  const limit = AbortSignal.timeout(10_000);
  while (existsSync(`/proc/${String(pid)}`)) await delay(20, undefined, { signal: limit });
}

export async function copySparse(from: string, to: string): Promise<void> {
  await must("cp", ["--sparse=always", from, to]);
}

function useServedDisk(box: Sandbox, socketPath: string): void {
  const disk = {
    driver: "raw",
    "node-name": "data",
    discard: "unmap",
    cache: { direct: false, "no-flush": false },
    file: { driver: "nbd", server: { type: "unix", path: socketPath }, discard: "unmap" },
  };
  wrapQemu(
    box,
    `for index in "\${!arguments[@]}"; do
  case \${arguments[index]} in *'"node-name":"data"'*) arguments[index]='${JSON.stringify(disk)}' ;; esac
done`,
  );
}
