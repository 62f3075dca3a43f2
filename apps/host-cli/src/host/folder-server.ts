import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { Export } from "@boot2docker/nfs";
import type { Server, SharedFolder } from "../host.ts";
import { Connections } from "./tracked-server.ts";

/** The guest's user `docker`, and the first user of most images. */
const guestUser = { uid: 1000, gid: 1000 };

/** As Network's `serveFolders`. */
export async function serveFolders(
  path: string,
  folders: () => readonly SharedFolder[],
  isAnnounced: (modifiedNs: bigint) => boolean,
): Promise<Server> {
  const { createNfsServer } = await import("@boot2docker/nfs");
  const exports = new WeakMap<SharedFolder, Export>();
  const exportOf = (folder: SharedFolder): Export => {
    const known = exports.get(folder);
    if (known !== undefined) return known;
    const made = { path: folder.path, folder: folder.path, isReadOnly: folder.readOnly };
    exports.set(folder, made);
    return made;
  };
  const nfs = createNfsServer({
    shares: () => folders().map(exportOf),
    isAnnounced,
    owner: { hostUid: process.getuid?.(), hostGid: process.getgid?.(), ...guestUser },
  });
  await rm(path, { force: true });
  const connections = new Connections();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.keep(socket);
    void nfs.serve(socket);
  });
  server.listen({ path });
  await once(server, "listening");
  await chmod(path, 0o600);
  const listening = connections.serverOf(server);
  const close = async (): Promise<void> => {
    await listening.close();
    await nfs.close();
  };
  return { close, [Symbol.asyncDispose]: close };
}
