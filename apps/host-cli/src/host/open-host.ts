import { realpathSync } from "node:fs";
import { homedir, totalmem, availableParallelism } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { isSea } from "node:sea";
import { BugError } from "../errors.ts";
import type { Host, Platform } from "../host.ts";
import { addedAuthorities } from "./authorities.ts";
import { describeCertificate, inspectCertificate } from "./certificate.ts";
import { nodeClock } from "./clock.ts";
import { decompressXz } from "./decompress.ts";
import { nodeFiles } from "./files.ts";
import { releaseMemory, spareMemory } from "./memory.ts";
import { nodeNetwork } from "./network.ts";
import { nodeProcesses } from "./processes.ts";

/** The machine that this process runs on. */
export function openHost(): Host {
  return {
    platform: platformOf(process.platform),
    arch: process.arch === "arm64" ? "aarch64" : "x86_64",
    env: environment(),
    homeDir: canonical(homedir()),
    workingDir: process.cwd(),
    pid: process.pid,
    self: isSea() ? [process.execPath] : [process.execPath, process.argv[1] ?? ""],
    files: nodeFiles,
    processes: nodeProcesses,
    network: nodeNetwork,
    clock: nodeClock,
    decompressXz,
    describeCertificate,
    inspectCertificate,
    addedAuthorities,
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    spareMemory,
    releaseMemory,
    resources: () => ({
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
    }),
  };
}

/** A running VM is recognised by a path among its arguments: one directory must have one spelling. */
function environment(): Host["env"] {
  const directory = process.env["BOOT2DOCKER_DIR"] ?? "";
  return isAbsolute(directory) ? { ...process.env, BOOT2DOCKER_DIR: canonical(directory) } : process.env;
}

/** Without links, as far as it exists. */
function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(canonical(parent), basename(path));
  }
}

function platformOf(name: string): Platform {
  switch (name) {
    case "linux":
    case "darwin":
    case "win32":
      return name;
    default:
      throw new BugError(`boot2docker was not made for ${name}`);
  }
}
