import type { Folder, GuestConfig } from "@boot2docker/protocol";
import { seenByGuest } from "../folders.ts";
import type { SharedFolder } from "../host.ts";
import type { HostFolder } from "../machine-dir/config-file.ts";

/** Of the guest's loopback. Nobody is given it by chance: it is outside of all ranges of ports that are handed out. */
export const guestFoldersPort = 32_049;

/**
 * What the host's NFS server has for a guest: what is wanted of it, and what it still has of what was wanted, which it may have to write
 * to. What the guest says can keep a folder, and never adds one: the host alone decides what it shares.
 */
export class SharedFolders {
  #wanted: readonly Folder[] = [];
  /** Access by path. */
  readonly #granted = new Map<string, Pick<Folder, "readOnly">>();
  #list: readonly SharedFolder[] = [];

  /** The same object for as long as a folder is the same. */
  get list(): readonly SharedFolder[] {
    return this.#list;
  }

  want(folders: readonly Folder[]): void {
    this.#wanted = folders;
    for (const { path, readOnly } of folders) {
      this.#granted.set(path, { readOnly: readOnly && (this.#granted.get(path)?.readOnly ?? true) });
    }
    this.#update();
  }

  /** What the guest says that it has. */
  heard(folders: readonly Folder[]): void {
    for (const path of this.#granted.keys()) {
      const mounted = folders.find((folder) => folder.path === path);
      if (mounted?.readOnly === false) continue;
      const wanted = this.#wanted.find((folder) => folder.path === path);
      if (wanted !== undefined) this.#granted.set(path, { readOnly: wanted.readOnly });
      else if (mounted === undefined) this.#granted.delete(path);
      else this.#granted.set(path, { readOnly: true });
    }
    this.#update();
  }

  #update(): void {
    this.#list = [...this.#granted].map(
      ([path, { readOnly }]) =>
        this.#list.find((one) => one.path === path && one.readOnly === readOnly) ?? { path, readOnly },
    );
  }
}

export function folderConfig(folders: readonly HostFolder[]): NonNullable<GuestConfig["folders"]> {
  return { port: guestFoldersPort, list: seenByGuest(folders) };
}
