import type { Folder } from "@boot2docker/protocol";
import * as z from "zod/mini";
import type { System } from "./system.ts";

/** Where dockerd keeps what it knows of containers: in `containers` below it. */
const ROOT = "/var/lib/docker";

/** As far as it matters here, of a container's hostconfig.json. */
const HostConfig = z.object({
  Binds: z.nullish(z.array(z.string())),
  Mounts: z.nullish(z.array(z.object({ Type: z.string(), Source: z.optional(z.string()) }))),
  RestartPolicy: z.nullish(z.object({ Name: z.string() })),
});

/** Whether dockerd, when it starts, may start a container that has something of these folders. */
export async function startsWithFolders(folders: readonly Folder[], { files }: System): Promise<boolean> {
  if (folders.length === 0) return false;
  // With userns-remap all that is dockerd's lies one level deeper.
  const remapped = (await files.list(ROOT)).filter((name) => /^\d+\.\d+$/.test(name));
  for (const folder of ["", ...remapped].map((name) => `${ROOT}/${name}/containers`.replace("//", "/"))) {
    for (const id of await files.list(folder)) {
      const sources = restartedSources(await files.readText(`${folder}/${id}/hostconfig.json`));
      if (sources.some((source) => folders.some(({ path }) => `${source}/`.startsWith(`${path}/`)))) return true;
    }
  }
  return false;
}

/** What of the guest a container has that is started again by itself. A file that is none of dockerd's says nothing. */
function restartedSources(text: string | undefined): string[] {
  const config = HostConfig.safeParse(parseJson(text));
  if (!config.success) return [];
  const { Binds, Mounts, RestartPolicy } = config.data;
  if (["", "no"].includes(RestartPolicy?.Name ?? "")) return [];
  // `source:target:options`; a volume's name is no path.
  const binds = (Binds ?? []).map((bind) => bind.split(":")[0] ?? "");
  return [...binds, ...(Mounts ?? []).flatMap(({ Type, Source }) => (Type === "bind" ? (Source ?? []) : []))];
}

function parseJson(text = ""): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
