import { cpSync, existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "@boot2docker/debian";
import { file, type Entry } from "./tree.ts";

export interface KernelFiles {
  vmlinuz: string;
  /** `uname -r`. */
  release: string;
  /** Below /usr/lib/modules, with the indexes that modprobe reads. */
  modules: Entry[];
}

/** Takes over what the kernel package built; depmod's indexes are made in `staging`. */
export async function readKernel(folder: string, staging: string, signal: AbortSignal): Promise<KernelFiles> {
  const releaseFile = join(folder, "release");
  if (!existsSync(releaseFile))
    throw new Error("there is no kernel; build it: pnpm --filter @boot2docker/kernel build");
  const release = readFileSync(releaseFile, "utf8").trim();
  cpSync(join(folder, "modules"), staging, { recursive: true });
  await runTool({ command: "/sbin/depmod", package: "kmod" }, ["-b", staging, release], {}, signal);
  const modules = join(staging, "lib", "modules");
  const names = readdirSync(modules, { recursive: true, encoding: "utf8" });
  return {
    vmlinuz: join(folder, "vmlinuz"),
    release,
    modules: names
      .map((name) => ({ path: `/usr/lib/modules/${name}`, source: join(modules, name) }))
      .filter(({ source }) => lstatSync(source).isFile())
      .map(({ path, source }) => file(path, { file: source, sizeBytes: lstatSync(source).size })),
  };
}
