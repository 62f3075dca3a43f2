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
  const { default: ssh2 } = await import("ssh2"); // Only here: loading it takes a while.
  const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment: `boot2docker-${dir.name}` });
  await host.files.makeDirectory(dir.sshDir);
  await host.files.writeAtomic(dir.sshPublicKey, `${pair.public}\n`);
  await host.files.writeAtomic(dir.sshKey, pair.private);
}
