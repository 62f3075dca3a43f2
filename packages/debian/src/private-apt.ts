import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LockedPackage } from "./locked-package.ts";
import { runTool } from "./tool.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Where the indexes come from. */
export interface AptArchive {
  base: string;
  suites: readonly string[];
  /** dpkg's word: `amd64`. */
  architecture: string;
  /** Whose signature the indexes must carry. Debian's own keys when absent. */
  keyring?: string;
}

export interface PrivateApt extends AsyncDisposable {
  /** The suites that have each package, by name. */
  suitesOf(names: readonly string[], signal: AbortSignal): Promise<Map<string, string[]>>;
  /** The suite's current version of each package, by name. Throws when the suite lacks one. */
  locate(wanted: readonly { name: string; suite: string }[], signal: AbortSignal): Promise<LockedPackage[]>;
}

/**
 * An apt that shares nothing with the machine's own but its transport settings: other suites, no installed packages,
 * no hooks, no root needed. Its indexes are downloaded and their signatures verified here; throws when one does not.
 */
export async function openPrivateApt(archive: AptArchive, signal: AbortSignal): Promise<PrivateApt> {
  const staging = await mkdtempDisposable(join(tmpdir(), "boot2docker-apt-"));
  const root = staging.path;
  const config = join(root, "apt.conf");
  const apt = (command: "apt-get" | "apt-cache", args: readonly string[], until: AbortSignal) =>
    runTool({ command, package: "apt" }, ["-c", config, "-qq", ...args], {}, until);
  try {
    for (const folder of ["parts", "lists/partial", "cache/archives/partial"]) {
      await mkdir(join(root, folder), { recursive: true });
    }
    await writeFile(config, renderConfig(root, archive.architecture));
    await writeFile(join(root, "sources.list"), renderSources(archive));
    await apt("apt-get", ["update"], signal);
  } catch (error) {
    await staging.remove();
    throw error;
  }
  return {
    [Symbol.asyncDispose]: () => staging.remove(),
    async suitesOf(names, until) {
      return parseMadison(await apt("apt-cache", ["madison", ...names], until), archive.base);
    },
    async locate(wanted, until) {
      if (wanted.length === 0) return [];
      const packages = wanted.map(({ name, suite }) => `${name}/${suite}`);
      const output = await apt("apt-get", ["--print-uris", "download", ...packages], until);
      const found = new Map(parseUris(output, archive.base).map((located) => [located.name, located]));
      return wanted.map(({ name, suite }) => {
        const located = found.get(name);
        if (located === undefined) throw new Error(`${archive.base} has no ${name} in ${suite}`);
        return { ...located, suite };
      });
    },
  };
}

/** `'http://mirror/debian/pool/main/b/bash/bash_5.3-1_amd64.deb' bash_5.3-1_amd64.deb 123 SHA256:…`, one per line. */
export function parseUris(output: string, base: string): Omit<LockedPackage, "suite">[] {
  return output.split("\n").flatMap((line) => {
    const [, uri, file, size, sha256] = /^'([^']+)' (\S+) (\d+) SHA256:([0-9a-f]{64})$/.exec(line) ?? [];
    if (uri === undefined || file === undefined || sha256 === undefined || !uri.startsWith(`${base}/`)) return [];
    const [name = "", version = ""] = file.split("_").map((part) => decodeURIComponent(part));
    return [{ name, version, path: decodeURIComponent(uri.slice(base.length + 1)), sha256, sizeBytes: Number(size) }];
  });
}

/** `  bash | 5.3-1 | http://mirror/debian forky/main amd64 Packages`, one per line. */
export function parseMadison(output: string, base: string): Map<string, string[]> {
  const suites = new Map<string, string[]>();
  for (const line of output.split("\n")) {
    const [name, , from] = line.split("|").map((part) => part.trim());
    if (name === undefined || from?.startsWith(`${base} `) !== true) continue;
    const suite = from.slice(base.length + 1).split("/")[0] ?? "";
    suites.set(name, [...(suites.get(name) ?? []), suite]);
  }
  return suites;
}

function renderSources(archive: AptArchive): string {
  const from = `[signed-by=${archive.keyring ?? keyring} arch=${archive.architecture}] ${archive.base}`;
  return archive.suites.map((suite) => `deb ${from} ${suite} main\n`).join("");
}

function renderConfig(root: string, architecture: string): string {
  return `
#clear APT::Architectures;
#clear APT::Update;
#clear DPkg::Post-Invoke;
APT::Architecture "${architecture}";
APT::Architectures "${architecture}";
APT::Sandbox::User "root";
APT::Default-Release "";
Acquire::Languages "none";
Dir::State "${root}";
Dir::State::lists "${root}/lists";
Dir::State::status "/dev/null";
Dir::Cache "${root}/cache";
Dir::Etc::sourcelist "${root}/sources.list";
Dir::Etc::sourceparts "${root}/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "${root}/parts";
`;
}
