import { createHash } from "node:crypto";
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { architectures } from "./architecture.ts";
import { makeIso } from "./hybrid-iso.ts";
import { gatherIngredients, type Ingredients } from "./ingredients.ts";
import { makeInitrd } from "./initrd.ts";
import type { ImageFile, Manifest } from "./manifest.ts";
import { planPackingOrder } from "./packing-order.ts";
import { sourceOf } from "./package-files.ts";
import { makeRootTree, type RootTree } from "./root-tree.ts";
import { renderSbom } from "./sbom.ts";
import { makeSquashfs } from "./squashfs.ts";
import { compressStream, planCuts } from "./stream.ts";
import { packedFirst, packedLast } from "./wanted.ts";

const stagingPrefix = ".building-";
const home = join(import.meta.dirname, "..");

export interface BuildOptions {
  /** Folder of the result; its old contents go when the new ones are complete. */
  output: string;
  /** What the kernel package built. */
  kernel: string;
  /** The guest-init binary; without it the image cannot come up, which is enough to work on the rest. */
  guestInit?: string;
  /** Cheap compression: to compare two builds, or to try one. Not for people. */
  quick: boolean;
  onProgress: (message: string) => void;
}

/** Builds both products, the ISO and the driver's files, out of one tree, with manifest and bill of materials. */
export async function buildImage(options: BuildOptions, signal: AbortSignal): Promise<Manifest> {
  mkdirSync(options.output, { recursive: true });
  removeStale(options.output);
  using folder = mkdtempDisposableSync(join(options.output, `${stagingPrefix}${process.pid}-`));
  const staging = folder.path;
  const result = join(staging, "result");
  mkdirSync(result);
  const ingredients = await gatherIngredients(options.kernel, staging, options.onProgress, signal);
  const { guestInit } = options;
  const tree = await makeRootTree(
    { ...ingredients, rootfs: join(home, "rootfs"), ...(guestInit === undefined ? {} : { guestInit }) },
    signal,
  );
  const manifest = await makeProducts(ingredients, tree, { ...options, staging, result }, signal);
  writeFileSync(join(result, "manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(join(result, "sbom.json"), await makeSbom(ingredients, tree, options));

  for (const name of readdirSync(options.output)) {
    if (!name.startsWith(stagingPrefix)) rmSync(join(options.output, name), { recursive: true });
  }
  for (const name of readdirSync(result)) renameSync(join(result, name), join(options.output, name));
  return manifest;
}

/** What builds that were killed left behind. Two builds at once do not disturb each other: the last one wins. */
function removeStale(output: string): void {
  for (const name of readdirSync(output)) {
    const [, pid] = /^\.building-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(output, name), { recursive: true });
  }
}

async function makeProducts(
  ingredients: Ingredients,
  tree: RootTree,
  options: BuildOptions & { staging: string; result: string },
  signal: AbortSignal,
): Promise<Manifest> {
  const { version, dockerVersion, unlocked, epoch, kernel, architecture } = ingredients;
  const { staging, result, quick, onProgress } = options;
  const source = (path: string) => sourceOf(ingredients.files, path);
  const at = (name: string) => join(result, name);

  copyFileSync(kernel.vmlinuz, at("vmlinuz"));
  await makeInitrd(source("/usr/bin/busybox"), join(home, "initrd", "init"), at("initrd.img"), epoch, signal);
  onProgress("packing the root");
  const root = join(staging, "root.img");
  const entries = planPackingOrder(tree.entries, packedFirst, packedLast);
  await makeSquashfs(entries, root, "plain", epoch, signal);

  onProgress("compressing the root as one stream, and in blocks for the ISO (some minutes)");
  const squashfs = join(staging, "root.squashfs");
  await allOrNone(signal, [
    (both) => compressStream(root, at("root.img.xz"), { cuts: planCuts(entries), quick, onProgress }, both),
    (both) => makeSquashfs(entries, squashfs, quick ? "quick" : "small", epoch, both),
  ]);
  onProgress("writing the ISO");
  const iso = `boot2docker-${version}.iso`;
  const loader = {
    isolinux: source("/usr/lib/ISOLINUX/isolinux.bin"),
    mbr: source("/usr/lib/ISOLINUX/isohdpfx.bin"),
    ldlinux: source("/usr/lib/syslinux/modules/bios/ldlinux.c32"),
    config: join(home, "boot", "isolinux.cfg"),
  };
  const media = { vmlinuz: at("vmlinuz"), initrd: at("initrd.img"), squashfs, loader, version, epoch };
  await makeIso(media, at(iso), join(staging, "iso"), signal);
  return {
    formatVersion: 1,
    version,
    arch: architecture,
    dockerVersion,
    kernelVersion: kernel.release,
    unlocked,
    files: {
      kernel: await describe(result, "vmlinuz"),
      initrd: await describe(result, "initrd.img"),
      root: {
        ...(await describe(staging, "root.img")),
        stream: { ...(await describe(result, "root.img.xz")), compression: "xz" },
      },
      iso: await describe(result, iso),
    },
  };
}

async function makeSbom(ingredients: Ingredients, tree: RootTree, options: BuildOptions): Promise<string> {
  const { kernel, version } = ingredients;
  const built = [
    { name: "linux", version: kernel.release, location: "/boot/vmlinuz", sha256: await hash(kernel.vmlinuz) },
  ];
  if (options.guestInit !== undefined) {
    built.push({ name: "guest-init", version, location: "/usr/bin/guest-init", sha256: await hash(options.guestInit) });
  }
  return renderSbom({
    ...ingredients,
    debianArchitecture: architectures[ingredients.architecture].debian,
    files: tree.packaged,
    built,
  });
}

/** When one fails, the others end before this does: they work in a folder that then goes. */
async function allOrNone(signal: AbortSignal, works: readonly ((signal: AbortSignal) => Promise<void>)[]) {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const ends = works.map(async (work) => {
    try {
      await work(both);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  await Promise.allSettled(ends);
  await Promise.all(ends);
}

async function describe(folder: string, name: string): Promise<ImageFile> {
  return { name, sha256: await hash(join(folder, name)), sizeBytes: statSync(join(folder, name)).size };
}

async function hash(path: string): Promise<string> {
  const sha256 = createHash("sha256");
  await pipeline(createReadStream(path), sha256);
  return sha256.digest("hex");
}
