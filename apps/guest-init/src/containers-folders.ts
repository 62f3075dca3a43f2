import type { Folder } from "@boot2docker/protocol";
import * as z from "zod/mini";
import type { System } from "./system.ts";

/** Where dockerd keeps what it knows of containers: in `containers` below it. */
const ROOT = "/var/lib/docker";

/** Of a container's HostConfig, as the API and dockerd's files have it, what is bound into it. */
export const Binds = z.object({
  Binds: z.nullish(z.array(z.string())),
  Mounts: z.nullish(z.array(z.object({ Type: z.optional(z.string()), Source: z.optional(z.string()) }))),
});

/** As far as it matters here, of a container's hostconfig.json. */
const HostConfig = z.extend(Binds, { RestartPolicy: z.nullish(z.object({ Name: z.string() })) });

/** As far as it matters here, of a container's config.v2.json. */
const Named = z.object({ Name: z.string() });

/** Whether dockerd, when it starts, may start a container that has something of these folders. */
export async function startsWithFolders(folders: readonly Folder[], { files }: System): Promise<boolean> {
  if (folders.length === 0) return false;
  for (const container of await containerFolders(files)) {
    const sources = restartedSources(await files.readText(`${container}/hostconfig.json`));
    if (sources.some((source) => folders.some(({ path }) => `${source}/`.startsWith(`${path}/`)))) return true;
  }
  return false;
}

/** What is bound into the container that the API calls so: by its ID, its name, or the beginning of its ID. */
export async function sourcesOfContainer(called: string, { files }: Pick<System, "files">): Promise<string[]> {
  const folders = await containerFolders(files);
  const folder =
    folders.find((path) => path.endsWith(`/${called}`)) ??
    (await findNamed(called, folders, files)) ??
    folders.find((path) => path.includes(`/containers/${called}`));
  const config =
    folder === undefined ? undefined : Binds.safeParse(parseJson(await files.readText(`${folder}/hostconfig.json`)));
  return config?.success === true ? bindSources(config.data) : [];
}

async function findNamed(
  name: string,
  folders: readonly string[],
  files: System["files"],
): Promise<string | undefined> {
  for (const folder of folders) {
    const config = Named.safeParse(parseJson(await files.readText(`${folder}/config.v2.json`)));
    if (config.success && config.data.Name === `/${name}`) return folder;
  }
  return undefined;
}

/** Of all containers, where dockerd keeps what it knows of one. */
async function containerFolders(files: System["files"]): Promise<string[]> {
  // With userns-remap all that is dockerd's lies one level deeper.
  const remapped = (await files.list(ROOT)).filter((name) => /^\d+\.\d+$/.test(name));
  const parents = ["", ...remapped].map((name) => `${ROOT}/${name}/containers`.replace("//", "/"));
  const found = await Promise.all(
    parents.map(async (parent) => (await files.list(parent)).map((id) => `${parent}/${id}`)),
  );
  return found.flat();
}

/** What of the guest a container has that is started again by itself. A file that is none of dockerd's says nothing. */
function restartedSources(text: string | undefined): string[] {
  const config = HostConfig.safeParse(parseJson(text));
  if (!config.success) return [];
  return ["", "no"].includes(config.data.RestartPolicy?.Name ?? "") ? [] : bindSources(config.data);
}

/** Paths of the engine's machine, and names of volumes. */
export function bindSources({ Binds: binds, Mounts: mounts }: z.infer<typeof Binds>): string[] {
  return [
    // `source:target:options`
    ...(binds ?? []).map((bind) => bind.split(":")[0] ?? ""),
    ...(mounts ?? []).flatMap(({ Type, Source }) => (Type === "bind" ? (Source ?? []) : [])),
  ];
}

function parseJson(text = ""): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
