import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { Architecture } from "./architecture.ts";

const ImageFile = z.object({
  name: z.string(),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  sizeBytes: z.int(),
});
export type ImageFile = z.infer<typeof ImageFile>;

/** What is in an image's folder, and how to know that it is whole. Read by the host before it uses a file. */
export const Manifest = z.object({
  formatVersion: z.literal(1),
  version: z.string(),
  arch: Architecture,
  dockerVersion: z.string(),
  kernelVersion: z.string(),
  /** A package's locked version could not be had and another stood in for it: the bytes are not those of the lock. */
  unlocked: z.boolean(),
  files: z.object({
    kernel: ImageFile,
    initrd: ImageFile,
    /** The plain root image; it is shipped only as the compressed stream. */
    root: z.extend(ImageFile, { stream: z.extend(ImageFile, { compression: z.literal("xz") }) }),
    iso: ImageFile,
  }),
});
export type Manifest = z.infer<typeof Manifest>;

/** Throws when the folder has no manifest, or one that is not whole. */
export function readManifest(folder: string): Manifest {
  const parsed = Manifest.safeParse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));
  if (!parsed.success) throw new Error(`${folder}/manifest.json: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
