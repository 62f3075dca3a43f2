import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerClient } from "./debian-programs.ts";
import { binaryFile, imageFolder, parseExports } from "./machine.ts";
import { must, run, type Ran } from "./run.ts";

const nobody = 65_534;

/** What a release is, and somebody who has it: one binary and the image's files, no Node, no checkout, no rights. */
export interface Release extends AsyncDisposable {
  /** Runs the command, which must succeed; its stdout. */
  ok(...args: string[]): Promise<string>;
  /** The docker client as `boot2docker env` has it. */
  docker(...args: string[]): Promise<Ran>;
}

/** `enter` is what command lines begin with. `programs` of this host are on the user's PATH beside QEMU. */
export async function makeRelease({
  enter = [],
  programs = [],
}: {
  enter?: readonly string[];
  programs?: readonly string[];
}): Promise<Release> {
  const folder = mkdtempSync(join(tmpdir(), "b2d-release-"));
  const home = join(folder, "home");
  const path = join(folder, "path");
  const binary = join(folder, "boot2docker");
  copyFileSync(binaryFile, binary);
  chmodSync(binary, 0o755);
  // The driver's files only: the ISO is for other ways to boot.
  for (const name of readdirSync(imageFolder).filter((file) => !/\.(iso|img)$/.test(file) || file === "initrd.img")) {
    copyFileSync(join(imageFolder, name), join(folder, name));
  }
  mkdirSync(home);
  mkdirSync(path);
  for (const program of ["qemu-system-x86_64", ...programs]) symlinkSync(`/usr/bin/${program}`, join(path, program));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const owned of [folder, home]) chownSync(owned, nobody, nobody);
  const asUser = isRoot ? ["/usr/bin/setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"] : [];
  const env = { HOME: home, PATH: path };
  const ok = async (...args: string[]): Promise<string> => {
    const [file = binary, ...rest] = [...enter, ...asUser, binary, ...args];
    return must(file, rest, { env, cwd: home });
  };
  return {
    ok,
    docker: async (...args) => {
      const client = await dockerClient(join(folder, "docker-config"));
      const [file = client, ...rest] = [...enter, client, ...args];
      return run(file, rest, { env: { ...env, ...parseExports(await ok("env", "--shell", "bash")) } });
    },
    async [Symbol.asyncDispose]() {
      await ok("delete", "--yes", "boot2docker");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
