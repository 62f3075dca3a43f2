import * as z from "zod/mini";
import { readFolders, readStandIns } from "./folders.ts";
import { DOCKER_PLUGINS } from "./paths.ts";
import type { System } from "./system.ts";

/** By this name dockerd's settings ask for it, and messages of the client name it. */
export const PLUGIN = "boot2docker";
const SOCKET = `${DOCKER_PLUGINS}/${PLUGIN}.sock`;
/** More than what dockerd sends of a request's body, in base64: pkg/authorization/authz.go of moby. */
const LONGEST_REQUEST = 4 * 2 ** 20;
const CREATE = /^(\/v[\d.]+)?\/containers\/create(\?|$)/;

/** As far as it matters here, of what dockerd asks. */
const Asked = z.object({
  RequestMethod: z.string(),
  RequestUri: z.string(),
  RequestBody: z.optional(z.nullable(z.string())),
});

/** As far as it matters here, of `POST /containers/create`. */
const Created = z.object({
  HostConfig: z.nullish(
    z.object({
      Binds: z.nullish(z.array(z.string())),
      Mounts: z.nullish(z.array(z.object({ Type: z.optional(z.string()), Source: z.optional(z.string()) }))),
    }),
  ),
});

/**
 * An authorization plug-in of dockerd, which asks it before and after each request of a client. It refuses what would be an empty
 * folder in the machine's memory in place of one of the host's. docs/adr/0014
 */
export class BindSources {
  readonly #system: System;
  #isServing = false;
  /** Of the machine, as it stands behind verbs; empty for the default one. */
  #name = "";

  constructor(system: System) {
    this.#system = system;
  }

  /** Before dockerd is started. Idempotent. */
  async serve(hostname: string): Promise<void> {
    this.#name = hostname === "boot2docker" ? "" : `${hostname} `;
    if (this.#isServing) return;
    await this.#system.files.makeDirectory(DOCKER_PLUGINS);
    await this.#system.network.serveRequests(SOCKET, LONGEST_REQUEST, (path, body) => this.answer(path, body));
    this.#isServing = true;
  }

  /** Docker's reference, "Access authorization plugin". */
  async answer(path: string, body: string): Promise<string> {
    if (path === "/Plugin.Activate") return JSON.stringify({ Implements: ["authz"] });
    const refusal = path === "/AuthZPlugin.AuthZReq" ? await this.#refuse(body) : undefined;
    return JSON.stringify(refusal === undefined ? { Allow: true } : { Allow: false, Msg: refusal });
  }

  /** What is no such request, or none that dockerd would take, is dockerd's business. */
  async #refuse(body: string): Promise<string | undefined> {
    const asked = Asked.safeParse(parseJson(body));
    if (!asked.success) return undefined;
    const { RequestMethod, RequestUri, RequestBody } = asked.data;
    if (RequestMethod !== "POST" || !CREATE.test(RequestUri)) return undefined;
    const created = Created.safeParse(parseJson(Buffer.from(RequestBody ?? "", "base64").toString("utf8")));
    return created.success ? this.#explain(sourcesOf(created.data.HostConfig)) : undefined;
  }

  async #explain(sources: readonly string[]): Promise<string | undefined> {
    if (sources.length === 0) return undefined;
    const shared = await readFolders(this.#system);
    const absent = await readStandIns(this.#system);
    for (const source of sources) {
      // Not looked at: without its host it would be waited for.
      if (shared.some(({ path }) => isAtOrBelow(source, path))) continue;
      const folder = absent.find((path) => isAtOrBelow(source, path));
      if (folder !== undefined) {
        return `the machine does not have ${folder} of its host now; boot2docker status ${this.#name}says why`;
      }
      if (await this.#wouldBeLost(source)) {
        return (
          `there is no ${source} in the machine, and it shares none with its host: ` +
          `boot2docker mount ${this.#name}FOLDER shares it or a folder above it`
        );
      }
    }
    return undefined;
  }

  /** Nothing is there, and what dockerd would make would be gone with the machine. */
  async #wouldBeLost(source: string): Promise<boolean> {
    const { files } = this.#system;
    let present = source;
    while ((await files.stat(present)) === undefined) present = parentOf(present);
    return present !== source && (await files.isInMemory(present));
  }
}

type HostConfig = z.infer<typeof Created>["HostConfig"];

/** Paths of the engine's machine, without `.`, `..` and needless slashes. */
function sourcesOf(config: HostConfig): string[] {
  // `source:target:options`; a volume's name is no path.
  const binds = (config?.Binds ?? []).map((bind) => bind.split(":")[0] ?? "");
  const mounts = (config?.Mounts ?? []).flatMap(({ Type, Source = "" }) => (Type === "bind" ? [Source] : []));
  return [...binds, ...mounts].filter((source) => source.startsWith("/")).map(canonical);
}

function canonical(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";
const isAtOrBelow = (path: string, folder: string): boolean => `${path}/`.startsWith(`${folder}/`);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
