import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { dockerClient } from "./debian-programs.ts";
import { must, run, type Ran, type RunOptions } from "./run.ts";

const require = createRequire(import.meta.url);
const packageFolder = (name: string) => dirname(require.resolve(`${name}/package.json`));

export const cliFile = join(packageFolder("@boot2docker/host-cli"), "dist", "main.cjs");
/** The same command as one program that needs no Node. */
export const binaryFile = join(packageFolder("@boot2docker/host-cli"), "dist", "boot2docker");
/** `BOOT2DOCKER_TEST_IMAGE` takes another build of it, for work on the image. */
export const imageFolder = process.env["BOOT2DOCKER_TEST_IMAGE"] ?? join(packageFolder("@boot2docker/iso"), "dist");

/** A user's own world: an empty root directory, the built command, the built image. Deleted, with its VMs, at the end. */
export interface Sandbox extends AsyncDisposable {
  readonly root: string;
  /** Environment of each command; a test may add to it. */
  readonly env: Record<string, string>;
  /** Runs the command as a user would. */
  cli(...args: string[]): Promise<Ran>;
  cliWith(input: string, ...args: string[]): Promise<Ran>;
  /** The command must succeed; its stdout. */
  ok(...args: string[]): Promise<string>;
  /** Path of the docker client. */
  readonly dockerClient: string;
  /** What `boot2docker env` prints for it, and `more`. */
  dockerEnv(more?: Record<string, string>): Promise<Record<string, string>>;
  /** The docker client with exactly that environment. To ask for it starts the host agent: not when `options` have one. */
  docker(args: readonly string[], options?: RunOptions): Promise<Ran>;
  dockerOk(args: readonly string[], options?: RunOptions): Promise<string>;
}

export async function makeSandbox(): Promise<Sandbox> {
  const root = mkdtempSync(join(tmpdir(), "b2d-vm-"));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: root,
    BOOT2DOCKER_DIR: join(root, ".boot2docker"),
    BOOT2DOCKER_IMAGE_DIR: imageFolder,
    DOCKER_CONFIG: join(root, ".docker"),
  };
  const client = await dockerClient(env.DOCKER_CONFIG);
  const cli = (...args: string[]) => run(process.execPath, [cliFile, ...args], { env });
  const cliWith = (input: string, ...args: string[]) => run(process.execPath, [cliFile, ...args], { env, input });
  const ok = (...args: string[]) => must(process.execPath, [cliFile, ...args], { env });
  const dockerEnv = async (more: Record<string, string> = {}) => ({
    ...env,
    ...parseExports(await ok("env", "--shell", "bash")),
    ...more,
  });
  return {
    root,
    env,
    cli,
    cliWith,
    ok,
    dockerClient: client,
    dockerEnv,
    docker: async (args, options = {}) => run(client, args, { ...options, env: options.env ?? (await dockerEnv()) }),
    dockerOk: async (args, options = {}) => must(client, args, { ...options, env: options.env ?? (await dockerEnv()) }),
    async [Symbol.asyncDispose]() {
      await cli("delete", "--yes", "boot2docker");
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Where the machine's kernel, initrd and root are; there after the first `up`. */
export function rootImageFolder(box: Sandbox): string {
  const images = join(box.root, ".boot2docker", "images");
  const [folder, ...others] = readdirSync(images);
  if (folder === undefined || others.length > 0) throw new Error(`${images} should hold one image`);
  return join(images, folder);
}

/** Reads `export NAME="value"` lines as a shell would, for the values that the tests use. */
export function parseExports(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/^export (\w+)=(["']?)(.*?)\2;?$/gm)];
  return Object.fromEntries(pairs.map(([, name, , value]) => [name ?? "", value ?? ""]));
}
