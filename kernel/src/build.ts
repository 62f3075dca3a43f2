import { execFileSync, type ExecFileSyncOptions } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { downloadPackages, type LockedPackage, PackageLock } from "@boot2docker/debian";
import * as z from "zod/mini";
import { architectures, type Architecture } from "./architecture.ts";
import { findMissing, parseFragments, type Fragment } from "./fragments.ts";
import { make } from "./make.ts";
import { leaveOutTraceEvents } from "./untraced.ts";
import { kernelFolders, kernelKey } from "./store.ts";

const root = join(import.meta.dirname, "..");
/** Raise it when this folder changes what comes out of the same inputs. */
const recipe = "2";
const tools = { gcc: "gcc", ld: "binutils", make: "make", flex: "flex", bison: "bison", bc: "bc", flock: "util-linux" };

export interface BuildOptions {
  architecture: Architecture;
  /** Where the result is laid: vmlinuz, config, release, modules/. */
  output: string;
  /** Builds here and stores nothing: for the comparison of two builds. */
  privateTree?: string;
}

/** Builds the kernel, or takes it from the store. Throws when a tool is missing or a wanted option did not survive. */
export async function buildKernel(options: BuildOptions, signal: AbortSignal): Promise<void> {
  requireTools();
  const source = sourceOf(readLock());
  const fragments = readFragments(options.architecture);
  parseFragments(fragments);
  const key = kernelKey({
    architecture: options.architecture,
    sourceSha256: source.sha256,
    fragments,
    compiler: firstLine("gcc"),
    linker: firstLine("ld"),
    recipe,
  });
  const folders = kernelFolders(key, `${source.version}-${options.architecture}`);
  if (options.privateTree !== undefined) {
    const lock = `${options.privateTree}.lock`;
    return compile(options.privateTree, lock, options, source, fragments, options.output, signal);
  }
  if (!existsSync(folders.entry)) {
    process.stderr.write(`kernel: compiling ${source.version} (about 20 minutes on two cores; kept for next time)\n`);
    await compile(folders.tree, folders.lock, options, source, fragments, folders.entry, signal);
  }
  rmSync(options.output, { recursive: true, force: true });
  cpSync(folders.entry, options.output, { recursive: true });
}

async function compile(
  tree: string,
  lock: string,
  options: BuildOptions,
  source: LockedPackage,
  fragments: readonly Fragment[],
  entry: string,
  signal: AbortSignal,
): Promise<void> {
  const arch = architectures[options.architecture];
  mkdirSync(dirname(lock), { recursive: true });
  mkdirSync(dirname(entry), { recursive: true });
  if (!existsSync(tree)) await unpackSource(source, tree, signal);
  leaveOutTraceEvents(tree);
  configure(tree, fragments);
  const run = (...args: string[]) => make(tree, lock, [`ARCH=${arch.make}`, ...args], signal);
  await run(arch.target, "modules");

  const made = mkdtempSync(`${entry}.new-`);
  chmodSync(made, 0o755);
  const modules = join(made, "modules");
  await run("modules_install", `INSTALL_MOD_PATH=${modules}`, "INSTALL_MOD_STRIP=1", "DEPMOD=true");
  const [release] = readdirSync(join(modules, "lib", "modules"));
  if (release === undefined) throw new Error(`${modules}: modules_install installed nothing`);
  rmSync(join(modules, "lib", "modules", release, "build"), { force: true });
  cpSync(join(tree, arch.image), join(made, "vmlinuz"));
  cpSync(join(tree, ".config"), join(made, "config"));
  writeFileSync(join(made, "release"), `${release}\n`);
  rmSync(entry, { recursive: true, force: true });
  renameSync(made, entry);
}

async function unpackSource(source: LockedPackage, tree: string, signal: AbortSignal): Promise<void> {
  const onProgress = (message: string) => void process.stderr.write(`kernel: ${message}\n`);
  const deb = (await downloadPackages(readLock(), { onProgress }, signal)).get(source.name);
  if (deb === undefined) throw new Error(`${source.name}: not downloaded`);
  process.stderr.write(`kernel: unpacking ${source.name}\n`);
  const staging = mkdtempSync(`${tree}.new-`);
  execFileSync("dpkg-deb", ["-x", deb, staging]);
  execFileSync("tar", ["-C", staging, "-xf", join(staging, "usr", "src", `${source.name}.tar.xz`)]);
  renameSync(join(staging, source.name), tree);
  rmSync(staging, { recursive: true });
}

/** Leaves an unchanged `.config` alone: make looks at its date. */
function configure(tree: string, fragments: readonly Fragment[]): void {
  const staging = mkdtempSync(join(tree, ".boot2docker-config-"));
  try {
    const wanted = join(staging, "wanted");
    writeFileSync(wanted, fragments.map(({ text }) => text).join("\n"));
    const quiet: ExecFileSyncOptions = { cwd: tree, stdio: ["ignore", "pipe", "inherit"] };
    const config = join(staging, ".config");
    const env = { ...process.env, KCONFIG_CONFIG: config };
    execFileSync("make", ["-s", "tinyconfig"], { ...quiet, env });
    execFileSync("scripts/kconfig/merge_config.sh", ["-m", "-O", staging, config, wanted], { ...quiet, env });
    execFileSync("make", ["-s", "olddefconfig"], { ...quiet, env });
    const result = readFileSync(config, "utf8");
    const missing = findMissing(parseFragments(fragments), result);
    if (missing.length > 0) {
      const rows = missing.map(
        (option) => `CONFIG_${option.name}=${option.value} (${option.where}) became ${option.actual}`,
      );
      throw new Error(
        `options that the kernel's own rules dropped; look up what they depend on:\n  ${rows.join("\n  ")}`,
      );
    }
    const current = join(tree, ".config");
    if (!existsSync(current) || readFileSync(current, "utf8") !== result) renameSync(config, current);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function readLock(): PackageLock {
  return z.parse(PackageLock, JSON.parse(readFileSync(join(root, "source.json"), "utf8")));
}

function sourceOf({ packages }: PackageLock): LockedPackage {
  const [source, ...others] = packages;
  if (source === undefined || others.length > 0) throw new Error("source.json has to name one package");
  return source;
}

function readFragments(architecture: Architecture): Fragment[] {
  return ["common", architecture].flatMap((folder) =>
    readdirSync(join(root, "config", folder))
      .toSorted()
      .map((name) => ({ name: `${folder}/${name}`, text: readFileSync(join(root, "config", folder, name), "utf8") })),
  );
}

function requireTools(): void {
  const path = (process.env["PATH"] ?? "").split(":");
  const missing = Object.entries(tools).filter(([tool]) => !path.some((folder) => existsSync(join(folder, tool))));
  const headers = { "/usr/include/libelf.h": "libelf-dev", "/usr/include/openssl/opensslv.h": "libssl-dev" };
  const packages = [
    ...missing.map(([, name]) => name),
    ...Object.entries(headers).flatMap(([file, name]) => (existsSync(file) ? [] : [name])),
  ];
  if (packages.length > 0) throw new Error(`the kernel build needs Debian's ${packages.join(", ")}`);
}

function firstLine(tool: string): string {
  return execFileSync(tool, ["--version"], { encoding: "utf8" }).split("\n")[0] ?? "";
}
