import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readFileSync, rmSync, statSync, writeFileSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { downloadPackages } from "@boot2docker/debian";
import { architectures, type Architecture } from "./architecture.ts";
import { makeIso } from "./hybrid-iso.ts";
import { makeInitrd } from "./initrd.ts";
import { readKernel } from "./kernel-files.ts";
import { lockedEpoch, readLock } from "./lock.ts";
import type { ImageFile, Manifest } from "./manifest.ts";
import { upstreamVersion } from "./os-release.ts";
import { unpackPackages } from "./package-files.ts";
import { makeRootTree } from "./root-tree.ts";
import { makeSquashfs } from "./squashfs.ts";
import { compressStream } from "./stream.ts";

const home = join(import.meta.dirname, "..");

export interface BuildOptions {
  architecture: Architecture;
  /** Folder of the result; its old contents go. */
  output: string;
  /** What the kernel package built. */
  kernel: string;
  /** The guest-init binary; without it the image does not boot, which is of use to whoever works on the rest. */
  guestInit?: string;
  /** Cheap compression: to compare builds, or to try one. Not for people. */
  quick: boolean;
  onProgress: (message: string) => void;
}

/** Builds both products, the ISO and the driver's files, out of one tree, with their manifest. */
export async function buildImage(options: BuildOptions, signal: AbortSignal): Promise<Manifest> {
  const { output, onProgress } = options;
  const lock = readLock();
  const epoch = lockedEpoch(lock);
  rmSync(output, { recursive: true, force: true });
  const staging = join(output, ".staging");
  mkdirSync(staging, { recursive: true });

  const versions = new Map(lock.packages.map(({ name, version }) => [name, version]));
  let unlocked = false;
  const debs = await downloadPackages(
    lock.packages,
    {
      lockedAt: lock.lockedAt,
      architecture: architectures[lock.architecture].debian,
      onProgress,
      onReplaced: (locked, replacement) => {
        unlocked = true;
        versions.set(locked.name, replacement.version);
        onProgress(`UNLOCKED: ${locked.name} ${locked.version} is gone; using ${replacement.version}`);
      },
    },
    signal,
  );
  onProgress("unpacking packages");
  const files = await unpackPackages(debs, join(staging, "packages"), signal);
  const kernel = await readKernel(options.kernel, join(staging, "modules"), signal);
  const dockerVersion = upstreamVersion(versions.get("docker.io") ?? "");
  const version = `${productVersion()}+docker${dockerVersion}`;
  const { entries } = await makeRootTree(
    {
      architecture: options.architecture,
      files,
      modules: kernel.modules,
      ...(options.guestInit === undefined ? {} : { guestInit: options.guestInit }),
      rootfs: join(home, "rootfs"),
      version,
      dockerVersion,
      busyboxVersion: upstreamVersion(versions.get("busybox-static") ?? ""),
      epoch,
    },
    signal,
  );
  const at = (name: string) => join(output, name);
  const source = (path: string) => files.get(path)?.source ?? "";

  onProgress("packing the plain root");
  await makeSquashfs(entries, at("root.img"), "plain", epoch, signal);
  copyFileSync(kernel.vmlinuz, at("vmlinuz"));
  const busybox = source("/usr/bin/busybox");
  await makeInitrd(
    { file: busybox, sizeBytes: statSync(busybox).size },
    join(home, "initrd", "init"),
    at("initrd.img"),
    epoch,
    signal,
  );
  onProgress("packing the small root, for the ISO");
  const squashfs = join(staging, "root.squashfs");
  await makeSquashfs(entries, squashfs, options.quick ? "quick" : "small", epoch, signal);
  const iso = `boot2docker-${version}.iso`;
  await makeIso(
    {
      vmlinuz: at("vmlinuz"),
      initrd: at("initrd.img"),
      squashfs,
      loader: {
        isolinux: source("/usr/lib/ISOLINUX/isolinux.bin"),
        mbr: source("/usr/lib/ISOLINUX/isohdpfx.bin"),
        ldlinux: source("/usr/lib/syslinux/modules/bios/ldlinux.c32"),
        config: join(home, "boot", "isolinux.cfg"),
      },
      version,
      epoch,
    },
    at(iso),
    join(staging, "iso"),
    signal,
  );
  onProgress("compressing the plain root as one stream");
  const stream = await compressStream(at("root.img"), output, options.quick, signal);
  const manifest: Manifest = {
    formatVersion: 1,
    version,
    arch: options.architecture,
    dockerVersion,
    kernelVersion: kernel.release,
    unlocked,
    files: {
      kernel: await describe(output, "vmlinuz"),
      initrd: await describe(output, "initrd.img"),
      root: {
        ...(await describe(output, "root.img")),
        stream: { ...(await describe(output, stream.name)), compression: stream.compression },
      },
      iso: await describe(output, iso),
    },
  };
  writeFileSync(at("manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  rmSync(staging, { recursive: true });
  return manifest;
}

async function describe(folder: string, name: string): Promise<ImageFile> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(join(folder, name)), hash);
  return { name, sha256: hash.digest("hex"), sizeBytes: statSync(join(folder, name)).size };
}

function productVersion(): string {
  const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as { version: string }; // our own file
  return version;
}
