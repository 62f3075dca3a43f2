import { type MachineConfig, writeMachineConfig } from "../machine-dir/config-file.ts";
import { ensureDataDisk } from "../machine/data-disk.ts";
import { machineDir, type MachineDir } from "../machine-dir/dir.ts";
import { openMachine } from "../machine/open-machine.ts";
import { putImage } from "./fake-image.ts";
import { FakeWorld } from "./fake-world.ts";
import { RecordedProgress } from "./recorded-progress.ts";

export const machineConfig: MachineConfig = {
  cpus: 2,
  memoryMiB: 2048,
  diskBytes: 2 ** 33,
  dockerPort: 23760,
  sshPort: 23761,
};

/** As `createMachine` leaves it, but with texts in place of keys: real ones take time to make. */
export async function worldWithMachine(name = "m1"): Promise<{ world: FakeWorld; dir: MachineDir }> {
  const world = new FakeWorld();
  const host = world.host();
  const dir = machineDir(host, name);
  for (const path of [dir.root.caDir, dir.root.images, dir.tlsDir, dir.sshDir]) await host.files.makeDirectory(path);
  world.disk.put(dir.root.caCert, "CA for CA-KEY");
  world.disk.put(dir.root.caKey, "CA-KEY");
  world.disk.put(dir.tlsCa, "CA for CA-KEY");
  world.disk.put(dir.tlsKey, "KEY-1");
  world.disk.put(dir.tlsCert, "certificate by CA for CA-KEY for KEY-1");
  world.disk.put(dir.sshPublicKey, "ssh-ed25519 AAAA user\n");
  await ensureDataDisk(host, dir, machineConfig.diskBytes);
  await writeMachineConfig(host, dir, machineConfig);
  putImage(world.disk, "/image");
  return { world, dir };
}

/** As a guest would have formatted it. */
export function formatDataDisk({ disk }: FakeWorld, { dataDisk }: MachineDir): void {
  const formatted = new Uint8Array(4096);
  const superblock = new DataView(formatted.buffer, 1024);
  superblock.setUint32(0x4, 1000, true);
  superblock.setUint16(0x38, 0xef53, true);
  disk.put(dataDisk, formatted, { sparseBytes: machineConfig.diskBytes });
}

/** Runs `up` of `m1` by a process of its own and returns the rows that its user saw. */
export async function bringUp(world: FakeWorld): Promise<string[]> {
  const progress = new RecordedProgress();
  await world.clock.settle(openMachine(world.host(), "m1").up(progress, new AbortController().signal));
  return progress.rows;
}
