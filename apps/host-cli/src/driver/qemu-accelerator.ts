import * as z from "zod/mini";
import { exitCodes, UserError } from "../errors.ts";
import type { Host, Platform, RunResult } from "../host.ts";
import type { RootDir } from "../machine-dir/dir.ts";
import type { Accelerator, DriverInfo } from "./driver.ts";
import { cpuModel, machineModel } from "./qemu-argv.ts";

/** Faster ones first. TCG, emulation, works everywhere and is not tried. */
const candidates: Record<Platform, readonly Accelerator[]> = {
  linux: ["kvm"],
  darwin: ["hvf"],
  win32: ["whpx"],
};

const probeLimitMs = 10_000;

/**
 * A firmware of 16 bytes at the reset vector: `mov al, 0x10; out 0xf4, al; hlt`. QEMU's isa-debug-exit then ends with
 * (0x10 << 1) | 1. An accelerator that gets there runs code; opening /dev/kvm or a VM in pause proves less: nested
 * and sandboxed hosts often offer a KVM that takes no CPU of the kind that we ask for.
 */
const firmwareCode = [0xb0, 0x10, 0xe6, 0xf4, 0xf4];
const firmwareBytes = 64 * 1024;
const successCode = 33;

export function probeFirmware(): Uint8Array {
  const image = new Uint8Array(firmwareBytes);
  image.set(firmwareCode, firmwareBytes - 16);
  return image;
}

export function probeArgv(accelerator: Accelerator, firmwarePath: string): string[] {
  return [
    ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ["-machine", machineModel, "-accel", accelerator, "-cpu", cpuModel(accelerator), "-m", "64M"],
    ["-bios", firmwarePath, "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"],
  ].flat();
}

/** Undefined when it works; otherwise QEMU's own first words that are no mere warning. */
export function rejection(result: RunResult): string | undefined {
  if (result.code === successCode) return undefined;
  const lines = result.stderr.split("\n").filter((line) => line.trim() !== "");
  const line = lines.find((text) => !text.includes(": warning: ")) ?? lines[0];
  return line?.replace(/^\S*qemu-system-\S+: /, "") ?? `ended with ${result.code ?? "a signal"}`;
}

const lacksRights = /permission denied/i;
/** Rights can be given at any time, a module loaded, and a host be busy: that is tried again at each start. */
const mayPass = /permission denied|no such file|no instruction was executed/i;

const Cached = z.object({
  key: z.string(),
  info: z.object({
    version: z.string(),
    binary: z.string(),
    accelerator: z.enum(["kvm", "hvf", "whpx", "tcg"]),
    rejected: z.array(z.object({ accelerator: z.enum(["kvm", "hvf", "whpx", "tcg"]), reason: z.string() })),
  }),
});

/**
 * Tries each candidate once per boot of this host and version of QEMU, and remembers what came of it.
 * `BOOT2DOCKER_ACCELERATOR` decides without a trial. Throws UserError `accelerator-unknown` (exit 2).
 */
export async function probeQemu(host: Host, root: RootDir, binary: string, signal: AbortSignal): Promise<DriverInfo> {
  const forced = forcedAccelerator(host);
  if (forced !== undefined) {
    return { version: await readVersion(host, binary, signal), binary, accelerator: forced, rejected: [] };
  }
  const key = await cacheKey(host, binary);
  const cached = parseCached(await host.files.readText(root.accelerators));
  if (cached?.key === key) return cached.info;

  const rejected: { accelerator: Accelerator; reason: string }[] = [];
  let accelerator: Accelerator = "tcg";
  for (const candidate of candidates[host.platform]) {
    const reason = await tryAccelerator(host, root, binary, candidate, signal);
    if (reason === undefined) {
      accelerator = candidate;
      break;
    }
    rejected.push({ accelerator: candidate, reason });
  }
  const info: DriverInfo = { version: await readVersion(host, binary, signal), binary, accelerator, rejected };
  if (rejected.some(({ reason }) => mayPass.test(reason))) return info;
  await host.files.writeAtomic(root.accelerators, `${JSON.stringify({ key, info }, undefined, 2)}\n`);
  return info;
}

/** For hosts whose accelerator works well enough for the trial, and not for a kernel. */
function forcedAccelerator(host: Host): Accelerator | undefined {
  const wanted = host.env["BOOT2DOCKER_ACCELERATOR"] ?? "";
  if (wanted === "") return undefined;
  const possible = [...candidates[host.platform], "tcg" as const];
  const found = possible.find((accelerator) => accelerator === wanted);
  if (found !== undefined) return found;
  throw new UserError(`BOOT2DOCKER_ACCELERATOR=${wanted}: there is no such accelerator here`, {
    code: "accelerator-unknown",
    hint: `Unset it to have the best one found, or set it to ${possible.join(" or ")}.`,
    exitCode: exitCodes.usage,
  });
}

async function readVersion(host: Host, binary: string, signal: AbortSignal): Promise<string> {
  const { stdout } = await host.processes.run(binary, ["--version"], signal);
  return /version (\S+)/.exec(stdout)?.[1] ?? "unknown";
}

async function tryAccelerator(
  host: Host,
  root: RootDir,
  binary: string,
  accelerator: Accelerator,
  signal: AbortSignal,
): Promise<string | undefined> {
  await host.files.writeAtomic(root.probeFirmware, probeFirmware());
  const limit = host.clock.deadline(probeLimitMs, signal);
  try {
    const reason = rejection(await host.processes.run(binary, probeArgv(accelerator, root.probeFirmware), limit));
    return reason !== undefined && accelerator === "kvm" && lacksRights.test(reason)
      ? `${reason} (sudo adduser $USER kvm, then log in again)`
      : reason;
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return `no instruction was executed in ${probeLimitMs / 1000} s`;
    throw error;
  }
}

/** Another QEMU, or a host that booted again (perhaps with another kernel or rights), is tried anew. */
async function cacheKey(host: Host, binary: string): Promise<string> {
  const facts = await host.files.stat(binary);
  const bootId = (await host.files.readText("/proc/sys/kernel/random/boot_id"))?.trim() ?? "";
  return [binary, facts?.sizeBytes, facts?.modifiedAt.toISOString(), bootId].join(" ");
}

function parseCached(text: string | undefined): z.infer<typeof Cached> | undefined {
  try {
    return text === undefined ? undefined : Cached.parse(JSON.parse(text));
  } catch {
    return undefined; // It is only a memory: trying again makes a new one.
  }
}
