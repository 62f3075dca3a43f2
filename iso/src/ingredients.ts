import { readFileSync } from "node:fs";
import { join } from "node:path";
import { downloadPackages, type LockedPackage } from "@boot2docker/debian";
import { architectures, type Architecture } from "./architecture.ts";
import type { PackageFile } from "./closure.ts";
import { readKernel, type KernelFiles } from "./kernel-files.ts";
import { lockedEpoch, readLock } from "./lock.ts";
import { upstreamVersion } from "./os-release.ts";
import { unpackPackages } from "./package-files.ts";

/** All that an image is made of, at hand. */
export interface Ingredients {
  architecture: Architecture;
  /** The packages that were taken: the lock's, but for replacements. */
  packages: readonly LockedPackage[];
  unlocked: boolean;
  /** The files of all packages, by path. */
  files: ReadonlyMap<string, PackageFile>;
  kernel: KernelFiles;
  version: string;
  dockerVersion: string;
  busyboxVersion: string;
  /** Date of every file, in seconds since 1970. */
  epoch: number;
}

/** Downloads and unpacks the locked packages, and takes over the kernel. `staging` is theirs until the image is made. */
export async function gatherIngredients(
  kernelFolder: string,
  staging: string,
  onProgress: (message: string) => void,
  signal: AbortSignal,
): Promise<Ingredients> {
  const lock = readLock();
  const packages = new Map(lock.packages.map((entry) => [entry.name, entry]));
  let unlocked = false;
  const debs = await downloadPackages(
    lock,
    {
      architecture: architectures[lock.architecture].debian,
      onProgress,
      onReplaced: (locked, replacement) => {
        unlocked = true;
        packages.set(locked.name, replacement);
        onProgress(`UNLOCKED: ${locked.name} ${locked.version} is gone; ${replacement.version} stands in for it`);
      },
    },
    signal,
  );
  onProgress("unpacking packages");
  const versionOf = (name: string) => upstreamVersion(packages.get(name)?.version ?? "");
  const dockerVersion = versionOf("docker.io");
  return {
    architecture: lock.architecture,
    packages: [...packages.values()],
    unlocked,
    files: await unpackPackages(debs, join(staging, "packages"), signal),
    kernel: await readKernel(kernelFolder, join(staging, "modules"), signal),
    version: `${productVersion()}+docker${dockerVersion}`,
    dockerVersion,
    busyboxVersion: versionOf("busybox-static"),
    epoch: lockedEpoch(lock),
  };
}

function productVersion(): string {
  const text = readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version; // our own file
}
