import * as z from "zod/mini";
import { Binds, bindSources, sourcesOfContainer } from "./containers-folders.ts";
import { readFolders, readStandIns } from "./folders.ts";
import { DOCKER_PLUGINS } from "./paths.ts";
import { readPlaces } from "./places.ts";
import type { System } from "./system.ts";

/** By this name dockerd's settings ask for it, and messages of the client name it. */
export const PLUGIN = "boot2docker";
const SOCKET = `${DOCKER_PLUGINS}/${PLUGIN}.sock`;
/** More than what dockerd sends of a request's body, in base64: pkg/authorization/authz.go of moby. */
const LONGEST_REQUEST = 4 * 2 ** 20;
/** As the kernel: path_resolution(7). */
const MOST_LINKS = 40;
const CREATE = /^(\/v[\d.]+)?\/containers\/create(\?|$)/;
const START = /^(?:\/v[\d.]+)?\/containers\/([\w.-]+)\/(?:re)?start(?:\?|$)/;

/** As far as it matters here, of what dockerd asks. */
const Asked = z.object({
  RequestMethod: z.string(),
  RequestUri: z.string(),
  RequestBody: z.optional(z.nullable(z.string())),
});

/** As far as it matters here, of `POST /containers/create`. */
const Created = z.object({ HostConfig: z.nullish(Binds) });

/**
 * An authorization plug-in of dockerd, which asks it before and after each request of a client. It refuses to make or start a container
 * that would get an empty folder in the machine's memory in place of one of the host's. docs/adr/0014
 */
export class BindSources {
  readonly #system: System;
  readonly #onAnswer: () => void;
  #isServing = false;
  /** Of the machine, as it stands behind verbs; empty for the default one. */
  #name = "";

  /** `onAnswer` is called with each question of dockerd. */
  constructor(system: System, onAnswer: () => void) {
    this.#system = system;
    this.#onAnswer = onAnswer;
  }

  /** Before dockerd is started, and as soon as can be for one that runs already: its clients wait. Idempotent. */
  async serve(): Promise<void> {
    if (this.#isServing) return;
    await this.#system.files.makeDirectory(DOCKER_PLUGINS, { mode: 0o700 });
    await this.#system.network.serveRequests(SOCKET, LONGEST_REQUEST, (path, body) => this.answer(path, body));
    this.#isServing = true;
  }

  /** For messages. */
  nameMachine(name: string): void {
    this.#name = name === "boot2docker" ? "" : `${name} `;
  }

  /** Docker's reference, "Access authorization plugin". */
  async answer(path: string, body: string): Promise<string> {
    this.#onAnswer();
    if (path === "/Plugin.Activate") return JSON.stringify({ Implements: ["authz"] });
    const refusal = path === "/AuthZPlugin.AuthZReq" ? await this.#refuse(body) : undefined;
    return JSON.stringify(refusal === undefined ? { Allow: true } : { Allow: false, Msg: refusal });
  }

  /** What is no such request, or none that dockerd would take, is dockerd's business. */
  async #refuse(body: string): Promise<string | undefined> {
    const asked = Asked.safeParse(parseJson(body));
    if (!asked.success) return undefined;
    try {
      return await this.#explain(await this.#sources(asked.data));
    } catch {
      return undefined; // A path that no file can have, for example: dockerd says so.
    }
  }

  async #sources({ RequestMethod, RequestUri, RequestBody }: z.infer<typeof Asked>): Promise<string[]> {
    if (RequestMethod !== "POST") return [];
    if (CREATE.test(RequestUri)) {
      const created = Created.safeParse(parseJson(Buffer.from(RequestBody ?? "", "base64").toString("utf8")));
      return created.success ? bindSources(created.data.HostConfig ?? {}) : [];
    }
    const started = START.exec(RequestUri)?.[1];
    return started === undefined ? [] : sourcesOfContainer(started, this.#system);
  }

  async #explain(sources: readonly string[]): Promise<string | undefined> {
    const paths = sources.filter((source) => source.startsWith("/")).map(canonical);
    if (paths.length === 0) return undefined;
    const folders: Folders = {
      shared: (await readFolders(this.#system)).map(({ path }) => path),
      absent: await readStandIns(this.#system),
      places: await readPlaces(this.#system),
    };
    for (const source of paths) {
      const found = await this.#find(source, folders);
      if (found === "there") continue;
      return found === "lost"
        ? `there is no ${source} in the machine: boot2docker mount ${this.#name}FOLDER shares a folder of this host with it; ` +
            "what is to be kept in the machine itself belongs below /mnt/data"
        : `the machine does not have ${found.absent} of its host now; boot2docker status ${this.#name}says why`;
    }
    return undefined;
  }

  /** Nothing in a folder of the host is looked at, and no link followed into one: without its host it would be waited for. */
  async #find(
    source: string,
    folders: Folders,
    linksLeft = MOST_LINKS,
  ): Promise<"there" | "lost" | { absent: string }> {
    const { files } = this.#system;
    if (folders.shared.some((path) => isAtOrBelow(source, path))) return "there";
    const absent = folders.absent.find((path) => isAtOrBelow(source, path));
    if (absent !== undefined) return { absent };
    const parts = source.split("/").slice(1);
    let above = "/";
    for (const [index] of parts.entries()) {
      const path = `/${parts.slice(0, index + 1).join("/")}`;
      const link = await files.readLink(path);
      if (link !== undefined) {
        if (linksLeft === 0) return "there";
        const target = [link.startsWith("/") ? "" : above, link, ...parts.slice(index + 1)].join("/");
        return this.#find(canonical(target), folders, linksLeft - 1);
      }
      if ((await files.stat(path)) === undefined) return (await files.isInMemory(above)) ? "lost" : "there";
      above = path;
    }
    // What lies above a shared folder was made for it: all else in it would be lost.
    return folders.places.includes(source) ? "lost" : "there";
  }
}

interface Folders {
  shared: readonly string[];
  absent: readonly string[];
  places: readonly string[];
}

/** Of an absolute path, without `.`, `..` and needless slashes. */
function canonical(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

const isAtOrBelow = (path: string, folder: string): boolean => `${path}/`.startsWith(`${folder}/`);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
