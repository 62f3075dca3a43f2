import * as z from "zod/mini";
import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";

/**
 * The docker client's own files: `contexts/meta/<SHA-256 of the name>/meta.json` and `config.json`, in DOCKER_CONFIG or
 * ~/.docker. Formats: cli/context/store and cli/config of docker/cli. What is not understood is left as it is.
 */
export interface ContextFiles {
  config: string;
  /** Of one context. */
  metaDir: string;
  meta: string;
  tlsDir: string;
}

export interface StoredContext {
  /** The machine's directory, when a boot2docker has made it. */
  owner: string | undefined;
  endpoint: string | undefined;
}

const Meta = z.object({
  Name: z.string(),
  Metadata: z.optional(z.object({ boot2docker: z.optional(z.string()) })),
  Endpoints: z.optional(z.object({ docker: z.optional(z.object({ Host: z.optional(z.string()) })) })),
});

/** Throws UserError `docker-config` for what the system does not let us do there. */
async function inStore<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError || !(error instanceof Error && "code" in error)) throw error;
    throw new UserError(`cannot work on the docker client's files: ${error.message}`, {
      code: "docker-config",
      hint: `Look at who may write ${path}.`,
      cause: error,
    });
  }
}

export async function contextFiles({ env, homeDir }: Host, name: string): Promise<ContextFiles> {
  const named = env["DOCKER_CONFIG"] ?? "";
  const root = named === "" ? `${homeDir}/.docker` : named;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
  const id = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const metaDir = `${root}/contexts/meta/${id}`;
  return { config: `${root}/config.json`, metaDir, meta: `${metaDir}/meta.json`, tlsDir: `${root}/contexts/tls/${id}` };
}

/** Undefined when there is no such context. One that can't be read is somebody's. */
export async function readContext({ files }: Host, { meta }: ContextFiles): Promise<StoredContext | undefined> {
  const text = await inStore(meta, () => files.readText(meta));
  if (text === undefined) return undefined;
  try {
    const { Metadata, Endpoints } = z.parse(Meta, JSON.parse(text));
    return { owner: Metadata?.boot2docker, endpoint: Endpoints?.docker?.Host };
  } catch {
    return { owner: undefined, endpoint: undefined };
  }
}

export async function writeContext(
  { files }: Host,
  { metaDir, meta }: ContextFiles,
  context: { name: string; description: string; owner: string; endpoint: string },
): Promise<void> {
  const { name, description, owner, endpoint } = context;
  const content = {
    Name: name,
    Metadata: { Description: description, boot2docker: owner },
    Endpoints: { docker: { Host: endpoint, SkipTLSVerify: false } },
  };
  await inStore(metaDir, async () => {
    await files.makeDirectory(metaDir);
    await files.writeAtomic(meta, JSON.stringify(content));
  });
}

export async function removeContext({ files }: Host, { metaDir, tlsDir }: ContextFiles): Promise<void> {
  await inStore(metaDir, async () => {
    await files.remove(metaDir);
    await files.remove(tlsDir);
  });
}

/** Name of the context that a client uses which is not told another one; `default` when none is chosen. */
export async function readCurrent(host: Host, { config }: ContextFiles): Promise<string> {
  const { currentContext } = await readConfig(host, config);
  return typeof currentContext === "string" && currentContext !== "" ? currentContext : "default";
}

/** Everything else in the file stays. Throws UserError `docker-config-unreadable`, and leaves it as it is. */
export async function writeCurrent(host: Host, { config }: ContextFiles, name: string): Promise<void> {
  const content = await readConfig(host, config);
  if (name === "default") delete content["currentContext"];
  else content["currentContext"] = name;
  await inStore(config, async () => {
    const path = await host.files.realPath(config);
    await host.files.makeDirectory(path.slice(0, path.lastIndexOf("/")));
    await host.files.writeAtomic(path, `${JSON.stringify(content, undefined, "\t")}\n`);
  });
}

async function readConfig({ files }: Host, path: string): Promise<Record<string, unknown>> {
  const text = (await inStore(path, () => files.readText(path))) ?? "";
  try {
    const content: unknown = text.trim() === "" ? {} : JSON.parse(text);
    return z.parse(z.record(z.string(), z.unknown()), content);
  } catch (error) {
    throw new UserError(`cannot read the docker client's settings in ${path}`, {
      code: "docker-config-unreadable",
      hint: "Correct the file: it is JSON. Nothing was changed.",
      cause: error,
    });
  }
}
