import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { probeDisks } from "@boot2docker/guest-init/src/block-devices.ts";
import { type DiskDecision, planDataDisk } from "@boot2docker/guest-init/src/data-disk.ts";
import type { System } from "@boot2docker/guest-init/src/system.ts";
import type { GuestPrograms } from "../harness/guest-programs.ts";
import { run } from "../harness/run.ts";
import { checkFileSystem } from "./check-machine.ts";
import type { Acknowledged } from "./workloads.ts";
import { Image } from "./write-log.ts";

const docker = "/var/lib/docker";
const layers = `${docker}/image/overlay2/layerdb/sha256`;
/** e2fsck(8): everything that it found was repaired. */
const repaired = 1;

/** What is wrong with the image of a disk after a cut, as far as that can be seen without a VM; makes its repairs. */
export async function checkDiskImage(
  path: string,
  acknowledged: readonly Acknowledged[],
  payloads: ReadonlySet<string>,
  guest: GuestPrograms,
): Promise<string[]> {
  const decision = await decide(path, guest);
  // Formatting is begun anew, which loses nothing as long as nothing was there.
  if (decision.do === "format") return acknowledged.length === 0 ? [] : ["it would be formatted, with data on it"];
  if (decision.do !== "mount") return [`it would not be used: ${JSON.stringify(decision)}`];
  const said = await guest.run("e2fsck", ["-p", path]);
  if (said.code === null || said.code > repaired) return [`e2fsck -p: ${said.stdout.trim()}`];
  const problems = await checkFileSystem(path, guest);
  const folder = mkdtempSync(join(tmpdir(), "b2d-cut-"));
  try {
    problems.push(...(await checkLayers(path, folder, acknowledged, payloads)));
    problems.push(...(await checkVolumes(path, folder, acknowledged)));
  } finally {
    rmSync(folder, { recursive: true });
  }
  return problems;
}

/** What guest-init would do with this disk: its own code, on a file in the place of the device. */
async function decide(path: string, guest: GuestPrograms): Promise<DiskDecision> {
  const image = new Image(path);
  try {
    const facts: Record<string, string> = { size: String(image.sizeBytes / 512), serial: "b2d-data" };
    // Nothing else of it is asked for to find a disk.
    const system = {
      files: {
        list: async (folder: string) => (folder === "/sys/block" ? ["vdb"] : []),
        readText: async (file: string) => facts[file.replace("/sys/block/vdb/", "")],
        readPart: async (_: string, offset: number, length: number) => image.read(offset, length),
      },
      processes: { run: ([, ...args]: string[]) => guest.run("blkid", [...args.slice(0, -1), path]) },
    } as unknown as System;
    const signal = new AbortController().signal;
    return planDataDisk(await probeDisks(system, signal), { serial: "b2d-data", formatIfBlank: false });
  } finally {
    image.close();
  }
}

/** The file in each layer that the engine lists is one that was put there, and none is missing of the acknowledged ones. */
async function checkLayers(
  path: string,
  folder: string,
  acknowledged: readonly Acknowledged[],
  payloads: ReadonlySet<string>,
): Promise<string[]> {
  const names = [...(await debugfs(path, [`ls -p ${layers}`])).matchAll(/^\/\d+\/\d+\/\d+\/\d+\/([0-9a-f]{64})\//gm)];
  const chains = names.map(([, name = ""]) => name);
  await dump(path, folder, new Map(chains.map((chain) => [`${chain}.id`, `${layers}/${chain}/cache-id`])));
  const ids = chains.map((chain) => readIfThere(join(folder, `${chain}.id`))?.toString() ?? "");
  await dump(path, folder, new Map(ids.map((id) => [id, `${docker}/overlay2/${id}/diff/payload`])));
  const found = new Set(ids.flatMap((id) => sha256Of(join(folder, id)) ?? []));
  return [
    ...ids.filter((id) => id === "").map(() => "a layer has no cache-id"),
    ...[...found].filter((sum) => !payloads.has(sum)).map((sum) => `a layer is damaged: its payload is ${sum}`),
    ...acknowledged
      .filter((what) => what.kind === "image" && !found.has(what.sha256))
      .map((what) => `the layer is gone or damaged of ${JSON.stringify(what)}`),
  ];
}

async function checkVolumes(path: string, folder: string, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const files = acknowledged.filter((what) => what.kind === "file");
  const rows = acknowledged.findLast((what) => what.kind === "rows");
  await dump(
    path,
    folder,
    new Map([
      ...files.map(({ name }) => [`file-${name}`, `${docker}/volumes/files/_data/${name}`] as const),
      ["cut.db", `${docker}/volumes/database/_data/cut.db`],
      ["cut.db-wal", `${docker}/volumes/database/_data/cut.db-wal`],
    ]),
  );
  const problems = files
    .filter(({ name, sha256 }) => sha256Of(join(folder, `file-${name}`)) !== sha256)
    .map(({ name }) => `the file ${name} is gone or damaged`);
  if (rows !== undefined) problems.push(...checkDatabase(join(folder, "cut.db"), rows.last));
  return problems;
}

function checkDatabase(path: string, last: number): string[] {
  if (!existsSync(path) || statSync(path).size === 0) return ["the database is gone"];
  const database = new DatabaseSync(path);
  try {
    const integrity = JSON.stringify(database.prepare("PRAGMA integrity_check").all());
    const count = Number(database.prepare("SELECT count(*) AS count FROM rows WHERE id <= ?").get(last)?.["count"]);
    const problems = integrity.includes('"ok"') ? [] : [`the database is damaged: ${integrity}`];
    return count === last ? problems : [...problems, `the database has ${String(count)} rows of ${String(last)}`];
  } catch (error) {
    return [`the database cannot be read: ${String(error)}`];
  } finally {
    database.close();
  }
}

/** Copies files out of the file system, from paths there to names in the folder; those that are missing are left out. */
async function dump(path: string, folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await debugfs(
    path,
    [...files].map(([name, from]) => `dump ${from} ${join(folder, name)}`),
  );
}

async function debugfs(path: string, commands: readonly string[]): Promise<string> {
  // A command that finds nothing makes it a failure; what is missing is seen by whoever looks for it.
  return (await run("/sbin/debugfs", ["-f", "-", path], { input: `${commands.join("\n")}\n` })).stdout;
}

function sha256Of(path: string): string | undefined {
  const bytes = readIfThere(path);
  return bytes === undefined ? undefined : createHash("sha256").update(bytes).digest("hex");
}

function readIfThere(path: string): Buffer | undefined {
  return existsSync(path) && statSync(path).isFile() ? readFileSync(path) : undefined;
}
