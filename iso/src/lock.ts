import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PackageLock } from "@boot2docker/debian";
import * as z from "zod/mini";
import { architectures, Architecture } from "./architecture.ts";
import { ingredientPackages, libraryPackages, wantedFiles } from "./wanted.ts";

/** All Debian packages of an image, pinned to their bytes; made by `refresh`, never by hand. */
export const Lock = z.extend(PackageLock, { formatVersion: z.literal(1), architecture: Architecture });
export type Lock = z.infer<typeof Lock>;

export const lockPath = join(import.meta.dirname, "..", "lock.json");

/** Throws when the lock is damaged, or is not the lock of the packages that `wanted.ts` names. */
export function parseLock(text: string): Lock {
  const parsed = Lock.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`lock.json: ${z.prettifyError(parsed.error)}`);
  const locked = new Set(parsed.data.packages.map(({ name }) => name));
  const needed = packageNames(parsed.data.architecture);
  const problems = [
    ...needed.filter((name) => !locked.has(name)).map((name) => `${name} is not locked`),
    ...[...locked].filter((name) => !needed.includes(name)).map((name) => `${name} is locked but nothing wants it`),
  ];
  if (problems.length > 0) throw new Error(`lock.json: ${problems.join("; ")}: run \`refresh\``);
  return parsed.data;
}

export function readLock(): Lock {
  return parseLock(readFileSync(lockPath, "utf8"));
}

/** Names of the packages that an image is made of, sorted. */
export function packageNames(architecture: Architecture): string[] {
  const wanted = wantedFiles(architectures[architecture].triplet).map((row) => row.package);
  return [...new Set([...wanted, ...libraryPackages, ...ingredientPackages])].toSorted();
}

/** The lock's date in seconds since 1970: the date of every file in the image. */
export function lockedEpoch(lock: Lock): number {
  return Date.parse(lock.lockedAt.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z")) / 1000;
}
