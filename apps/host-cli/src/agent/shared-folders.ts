import type { Folder, GuestConfig } from "@boot2docker/protocol";
import type { SharedFolder } from "../host.ts";

/** Of the guest's loopback. Nobody is given it by chance: it is outside of all ranges of ports that are handed out. */
export const guestFoldersPort = 32_049;

/** What the host's NFS server has for a guest: what is wanted, and what the guest still has, which it may have to write to. */
export class SharedFolders {
  #wanted: readonly Folder[] = [];
  #mounted: readonly Folder[] = [];
  #list: readonly SharedFolder[] = [];

  /** The same object for as long as a folder is the same. */
  get list(): readonly SharedFolder[] {
    return this.#list;
  }

  want(folders: readonly Folder[]): void {
    this.#wanted = folders;
    this.#update();
  }

  /** What the guest says that it has. */
  heard(folders: readonly Folder[]): void {
    this.#mounted = folders;
    this.#update();
  }

  #update(): void {
    const all = [...this.#wanted, ...this.#mounted];
    const paths = [...new Set(all.map(({ path }) => path))];
    this.#list = paths.map((path) => {
      const readOnly = all.every((folder) => folder.path !== path || folder.readOnly);
      return this.#list.find((one) => one.path === path && one.readOnly === readOnly) ?? { path, readOnly };
    });
  }
}

export function folderConfig(folders: readonly Folder[]): NonNullable<GuestConfig["folders"]> {
  return { port: guestFoldersPort, list: [...folders] };
}
