import * as z from "zod/mini";
import { RUN_DIR } from "./paths.ts";
import type { System } from "./system.ts";

/** In memory, as the folders themselves: they are there for as long as the machine runs. */
const PLACES_FILE = `${RUN_DIR}/places.json`;
const Places = z.array(z.string());

/** Folders that were made for those of the host to be mounted on, and nothing else is to be kept in. */
export async function readPlaces({ files }: Pick<System, "files">): Promise<string[]> {
  return Places.parse(JSON.parse((await files.readText(PLACES_FILE)) ?? "[]"));
}

export async function makePlace(path: string, system: System): Promise<void> {
  const { files } = system;
  const made: string[] = [];
  for (let missing = path; missing !== "/" && (await files.stat(missing)) === undefined; missing = parentOf(missing)) {
    made.push(missing);
  }
  if (made.length === 0) return;
  await files.write(PLACES_FILE, JSON.stringify([...made, ...(await readPlaces(system))]));
  await withWritableRoot(system, () => files.makeDirectory(path));
}

/** With what was made above it, as far as nothing else is in that. */
export async function removePlace(path: string, system: System): Promise<void> {
  const places = new Set(await readPlaces(system));
  if (!places.has(path)) return;
  await withWritableRoot(system, async () => {
    try {
      for (let place = path; places.has(place); place = parentOf(place)) {
        await system.files.removeEmpty(place);
        places.delete(place);
      }
    } catch {
      // Another folder of the host is in it, or it is still in use.
    }
  });
  await system.files.write(PLACES_FILE, JSON.stringify([...places]));
}

/** The root is read-only, and in memory (iso/initrd). */
async function withWritableRoot({ mounts }: System, work: () => Promise<void>): Promise<void> {
  const remount = (how: string) => mounts.mount({ source: "none", target: "/", fstype: "none", options: how });
  await remount("remount");
  try {
    await work();
  } finally {
    await remount("remount,ro");
  }
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";
