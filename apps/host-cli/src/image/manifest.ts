import { validate } from "@boot2docker/protocol";
import * as z from "zod/mini";
import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";

const maxManifestBytes = 64 * 1024;

/** A plain name: what a manifest says must not lead out of its directory. */
const fileName = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/));
const File = z.object({
  name: fileName,
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  sizeBytes: z.int().check(z.positive()),
});

const Manifest = z.object({
  formatVersion: z.literal(1),
  version: z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/)),
  arch: z.string(),
  dockerVersion: z.string(),
  kernelVersion: z.string(),
  unlocked: z.boolean(),
  files: z.object({
    kernel: File,
    initrd: File,
    /** As it is attached to the VM; `stream` is the same in the form that is shipped. */
    root: z.extend(File, { stream: z.extend(File, { compression: z.literal("xz") }) }),
  }),
});
export type Manifest = z.infer<typeof Manifest>;
export type ImageFile = z.infer<typeof File>;

/** An image as it is shipped: a directory with its manifest. */
export interface ImageSource {
  path: string;
  manifest: Manifest;
  /** `<version>-<first 12 digits of the manifest's SHA-256>`: the name of its unpacked form. */
  id: string;
}

/** Throws UserError `image-missing` or `image-damaged`. */
export async function openImageSource(host: Host, signal: AbortSignal): Promise<ImageSource> {
  const path = await findImageDirectory(host);
  const manifestPath = `${path}/manifest.json`;
  const size = (await host.files.stat(manifestPath))?.sizeBytes ?? 0;
  if (size > maxManifestBytes) throw imageDamaged(manifestPath, `it has ${size} bytes`);
  const manifest = parseManifest((await host.files.readText(manifestPath)) ?? "", manifestPath);
  if (manifest.arch !== host.arch) {
    throw new UserError(`the image in ${path} is for ${manifest.arch}, this host is ${host.arch}`, {
      code: "image-foreign",
      hint: "Get the image for this host's architecture, or point BOOT2DOCKER_IMAGE_DIR to it.",
    });
  }
  const sha256 = await host.files.sha256(manifestPath, signal);
  return { path, manifest, id: `${manifest.version}-${sha256.slice(0, 12)}` };
}

export function parseManifest(text: string, path: string): Manifest {
  const found = validate(Manifest, parseJson(text, path));
  if (!found.ok) throw imageDamaged(path, found.problems.join("; "));
  return found.value;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw imageDamaged(path, "it is no JSON", error);
  }
}

export function imageDamaged(path: string, problem: string, cause?: unknown): UserError {
  return new UserError(`the image file ${path} is damaged: ${problem}`, {
    code: "image-damaged",
    hint: "Get the image again, or build it; machines and their data disks are not affected.",
    cause,
  });
}

async function findImageDirectory(host: Host): Promise<string> {
  const named = host.env["BOOT2DOCKER_IMAGE_DIR"];
  const beside = host.self[host.self.length - 1]?.replace(/[\\/][^\\/]*$/, "") ?? "";
  const places = named === undefined || named === "" ? [beside, `${beside}/image`] : [named];
  for (const place of places) {
    if ((await host.files.stat(`${place}/manifest.json`)) !== undefined) return place;
  }
  throw new UserError(`no image: there is no manifest.json in ${places.join(" or ")}`, {
    code: "image-missing",
    hint: "Put the image's files beside the program, or set BOOT2DOCKER_IMAGE_DIR to their directory.",
  });
}
