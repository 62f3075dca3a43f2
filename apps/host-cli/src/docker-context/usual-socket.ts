import type { Host } from "../host.ts";
import { defaultMachine, type MachineDir } from "../machine-dir/dir.ts";

/** Where clients look that know nothing of contexts: dockerode, testcontainers. */
const usualSocket = ({ homeDir }: Host): string => `${homeDir}/.docker/run/docker.sock`;

/** The default machine's socket is there, too, unless somebody else's is. */
export async function linkUsualSocket(host: Host, dir: MachineDir): Promise<void> {
  const path = usualSocket(host);
  if (dir.name !== defaultMachine || (await host.files.stat(path)) !== undefined) return;
  await host.files.makeDirectory(path.slice(0, path.lastIndexOf("/")));
  await host.files.symlink(dir.dockerSocket, path);
}

export async function unlinkUsualSocket(host: Host, dir: MachineDir): Promise<void> {
  const path = usualSocket(host);
  if ((await host.files.readLink(path)) === dir.dockerSocket) await host.files.remove(path);
}
