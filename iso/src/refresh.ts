import { writeFileSync } from "node:fs";
import { findMirror, openPrivateApt } from "@boot2docker/debian";
import { architectures, type Architecture } from "./architecture.ts";
import { lockPath, packageNames, type Lock } from "./lock.ts";

/** forky has Docker 28; trixie stands in for what forky has dropped. */
const suites = ["forky", "trixie"] as const;

/** Makes the lock anew: the current version of each package, from indexes whose signature apt verified. */
export async function refresh(architecture: Architecture, now: Date, signal: AbortSignal): Promise<void> {
  const base = await findMirror(suites[0], signal);
  await using apt = await openPrivateApt({ base, suites, architecture: architectures[architecture].debian }, signal);
  const names = packageNames(architecture);
  const offers = await apt.suitesOf(names, signal);
  const wanted = names.map((name) => {
    const suite = suites.find((candidate) => offers.get(name)?.includes(candidate));
    if (suite === undefined) throw new Error(`neither ${suites.join(" nor ")} has ${name}`);
    return { name, suite };
  });
  const packages = await apt.locate(wanted, signal);
  const lockedAt = `${now.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const lock: Lock = { formatVersion: 1, architecture, lockedAt, packages };
  writeFileSync(lockPath, `${JSON.stringify(lock, undefined, 2)}\n`);
}
