import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { RootDir } from "../machine-dir/dir.ts";
import { imageDamaged, type ImageFile, type ImageSource } from "./manifest.ts";

/** An image that a VM can be started from: three files in the root directory. */
export interface UnpackedImage {
  id: string;
  kernelPath: string;
  initrdPath: string;
  rootPath: string;
}

/** Where it is, or will be. */
export function unpackedImage(root: RootDir, source: ImageSource): UnpackedImage {
  return pathsOf(`${root.images}/${source.id}`, source.id);
}

/** Whether it is there as a whole: `unpackImage` makes it. Costs three stats; its content was checked when it was made. */
export async function isUnpacked(host: Host, root: RootDir, source: ImageSource): Promise<boolean> {
  const image = unpackedImage(root, source);
  const { kernel, initrd, root: rootFile } = source.manifest.files;
  const sizes = await Promise.all([
    hasSize(host, image.kernelPath, kernel.sizeBytes),
    hasSize(host, image.initrdPath, initrd.sizeBytes),
    hasSize(host, image.rootPath, rootFile.sizeBytes),
  ]);
  return sizes.every(Boolean);
}

/**
 * Checks each file against the manifest and puts them where VMs can use them. Killed at any time, it leaves a
 * directory that the next call removes. Only for who holds the lock of the root directory.
 */
export async function unpackImage(
  host: Host,
  root: RootDir,
  source: ImageSource,
  onProgress: (detail: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { kernel, initrd, root: rootFile } = source.manifest.files;
  const target = `${root.images}/${source.id}`;
  const partial = `${target}.partial`;
  await host.files.makeDirectory(root.images);
  await host.files.remove(partial);
  await checkSpace(host, root.images, kernel.sizeBytes + initrd.sizeBytes + rootFile.sizeBytes);
  await host.files.makeDirectory(partial);
  try {
    const paths = pathsOf(partial, source.id);
    await copy(host, source, kernel, paths.kernelPath, signal);
    await copy(host, source, initrd, paths.initrdPath, signal);
    await unpackRoot(host, source, paths.rootPath, onProgress, signal);
    await host.files.remove(target); // One that lost a file; nobody runs from it, for its VM would hold the file.
    await host.files.rename(partial, target);
    await prune(host, root);
  } catch (error) {
    await host.files.remove(partial);
    throw error;
  }
}

/** So many stay, the newest ones. What a killed call left is among them and goes in its turn. */
const keptImages = 3;

/** An image takes hundreds of MiB. A VM that runs from one that goes has its files open, and keeps them. */
async function prune(host: Host, root: RootDir): Promise<void> {
  const names = await host.files.list(root.images);
  const dated = await Promise.all(
    names.map(async (name) => {
      const path = `${root.images}/${name}`;
      return { path, modifiedAt: (await host.files.stat(path))?.modifiedAt ?? new Date(0) };
    }),
  );
  const newestFirst = dated.sort((a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime());
  for (const { path } of newestFirst.slice(keptImages)) await host.files.remove(path);
}

async function unpackRoot(
  host: Host,
  source: ImageSource,
  path: string,
  onProgress: (detail: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { stream, sha256, sizeBytes } = source.manifest.files.root;
  const streamPath = `${source.path}/${stream.name}`;
  await checkSize(host, streamPath, stream);
  const compressed = host.files.readChunks(streamPath, signal);
  let unpackedBytes = 0;
  const counted = async function* (): AsyncIterable<Uint8Array> {
    for await (const chunk of host.decompressXz(compressed)) {
      unpackedBytes += chunk.byteLength;
      if (unpackedBytes > sizeBytes) throw imageDamaged(streamPath, "it holds more than its manifest says");
      onProgress(`${Math.floor((unpackedBytes / sizeBytes) * 100)} %`);
      yield chunk;
    }
  };
  const written = await orDamaged(host.files.writeChunks(path, counted(), signal), streamPath, signal);
  if (written.sha256 !== sha256)
    throw imageDamaged(streamPath, "its content has another SHA-256 than its manifest says");
}

async function copy(host: Host, source: ImageSource, file: ImageFile, to: string, signal: AbortSignal): Promise<void> {
  const from = `${source.path}/${file.name}`;
  await checkSize(host, from, file);
  const written = await host.files.writeChunks(to, host.files.readChunks(from, signal), signal);
  if (written.sha256 !== file.sha256) throw imageDamaged(from, "it has another SHA-256 than its manifest says");
}

async function checkSize(host: Host, path: string, file: ImageFile): Promise<void> {
  const found = await host.files.stat(path);
  if (found === undefined) throw imageDamaged(path, "it is missing");
  if (found.sizeBytes !== file.sizeBytes) {
    throw imageDamaged(path, `it has ${found.sizeBytes} bytes, its manifest says ${file.sizeBytes}`);
  }
}

async function hasSize(host: Host, path: string, sizeBytes: number): Promise<boolean> {
  return (await host.files.stat(path))?.sizeBytes === sizeBytes;
}

async function checkSpace(host: Host, path: string, bytes: number): Promise<void> {
  const free = await host.files.freeBytes(path);
  if (free >= bytes) return;
  throw new UserError(`unpacking the image takes ${mebibytes(bytes)} MiB in ${path}, ${mebibytes(free)} MiB are free`, {
    code: "host-disk-full",
    hint: "Make room there, or set BOOT2DOCKER_DIR to a directory on a larger disk.",
  });
}

/** Errors of the system (no space, no right) stay what they are; any other came from the decoder. */
async function orDamaged<T>(work: Promise<T>, path: string, signal: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted || error instanceof UserError || (error instanceof Error && "syscall" in error)) throw error;
    throw imageDamaged(path, error instanceof Error ? error.message : String(error), error);
  }
}

function pathsOf(directory: string, id: string): UnpackedImage {
  return {
    id,
    kernelPath: `${directory}/vmlinuz`,
    initrdPath: `${directory}/initrd.img`,
    rootPath: `${directory}/root.img`,
  };
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / (1 << 20));
}
