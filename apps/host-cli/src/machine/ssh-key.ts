import { BugError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";

/** The key pair with which this host's user comes into the guest, made at the first call. */
export async function ensureSshKey(host: Host, dir: MachineDir): Promise<void> {
  if (
    (await host.files.readText(dir.sshKey)) !== undefined &&
    (await host.files.readText(dir.sshPublicKey)) !== undefined
  ) {
    return;
  }
  const pair = await makeKeyPair(`boot2docker-${dir.name}`);
  await host.files.makeDirectory(dir.sshDir);
  await host.files.writeAtomic(dir.sshPublicKey, `${pair.public}\n`);
  await host.files.writeAtomic(dir.sshKey, pair.private);
}

/** Of 256 pairs one is useless; so many in a row are something else. */
const mostPairs = 20;

/**
 * ssh2 1.17 (lib/keygen.js) takes leading zeros of a public key for padding and drops them. One key in 256 has some, and
 * no ssh program accepts what is left of it.
 */
export async function makeKeyPair(comment: string): Promise<{ public: string; private: string }> {
  const { default: ssh2 } = await import("ssh2"); // Only here: loading it takes a while.
  for (let made = 0; made < mostPairs; made += 1) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment });
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
  throw new BugError("ssh2 makes no key that it can read");
}
