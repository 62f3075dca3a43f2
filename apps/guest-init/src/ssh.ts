import { RUN_DIR, SSH_DIR, SSH_HOST_KEY, USERDATA_TAR } from "./paths.ts";
import type { Owner, System } from "./system.ts";

const USER_HOME = "/home/docker";
const USER: Owner = { uid: 1000, gid: 50 };
const AUTHORIZED_KEYS = `${USER_HOME}/.ssh/authorized_keys`;
const DROPBEARKEY = "/usr/bin/dropbearkey";
/** In memory first: a key that was cut off by a power failure would lock everybody out. */
const FRESH_DIR = `${RUN_DIR}/ssh`;
const FRESH_KEY = `${FRESH_DIR}/key`;
const LARGEST_KEY_BYTES = 64 * 1024;

/** Makes the key once in the life of the data disk. Gives the public half in the form of authorized_keys. */
export async function ensureHostKey({ files, processes }: System, signal: AbortSignal): Promise<string> {
  if ((await files.stat(SSH_HOST_KEY)) === undefined) {
    await files.makeDirectory(SSH_DIR, { mode: 0o700 });
    await files.makeDirectory(FRESH_DIR, { mode: 0o700 });
    await files.remove(FRESH_KEY);
    await run([DROPBEARKEY, "-t", "ed25519", "-f", FRESH_KEY]);
    const content = await files.readPart(FRESH_KEY, 0, LARGEST_KEY_BYTES);
    await files.write(SSH_HOST_KEY, content, { mode: 0o600, durable: true });
    await files.remove(FRESH_DIR);
  }
  return parsePublicKey(await run([DROPBEARKEY, "-y", "-f", SSH_HOST_KEY]));

  async function run(argv: [string, ...string[]]): Promise<string> {
    const { code, stdout, stderr } = await processes.run(argv, signal);
    if (code !== 0) throw new Error(`${argv.join(" ")} ended with code ${String(code)}: ${stderr.trim()}`);
    return stdout;
  }
}

/** dropbearkey says other things, too, and puts a comment behind the key that names the build machine's user. */
export function parsePublicKey(output: string): string {
  const key = /^(ssh-ed25519 [A-Za-z0-9+/=]+)/m.exec(output)?.[1];
  if (key === undefined) throw new Error(`dropbearkey gave no public key: ${output.trim()}`);
  return key;
}

/** The host's keys, and those that an old disk brought along. */
export async function writeAuthorizedKeys(keys: readonly string[], system: System, signal: AbortSignal): Promise<void> {
  const { files } = system;
  await files.makeDirectory(`${USER_HOME}/.ssh`, { mode: 0o700, owner: USER });
  // Not what an earlier run wrote: a key that the host gives no more is to be gone.
  await files.remove(AUTHORIZED_KEYS);
  await unpackUserdata(system, signal);
  const brought = (await files.readText(AUTHORIZED_KEYS)) ?? "";
  const content = [...brought.split("\n").filter((line) => line !== ""), ...keys].map((key) => `${key}\n`).join("");
  await files.write(AUTHORIZED_KEYS, content, { mode: 0o600, owner: USER });
}

/**
 * The first 4 KiB of a disk that asked for its formatting, cut off wherever that was: whoever made the disk put an archive
 * there for the user's home, mostly keys (PER-03). It is unpacked at each boot, since the home is in memory.
 */
async function unpackUserdata({ files, processes }: System, signal: AbortSignal): Promise<void> {
  if ((await files.stat(USERDATA_TAR)) === undefined) return;
  // Its end is always missing; what is whole is there all the same.
  await processes.run(["/usr/bin/busybox", "tar", "-x", "-f", USERDATA_TAR, "-C", USER_HOME], signal);
  await processes.run(["/usr/bin/busybox", "chown", "-R", `${USER.uid}:${USER.gid}`, USER_HOME], signal);
}
