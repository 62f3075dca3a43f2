import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNfsServer, type NfsServer } from "../server.ts";
import type { Export } from "../tree.ts";
import { NfsClient } from "./nfs-client.ts";

/** A folder of this computer, shared as /home/me, with a secret beside it. Whoever opens it closes it. */
export class ServedFolder {
  readonly folder = mkdtempSync(join(tmpdir(), "b2d-nfs-"));
  readonly path = (...names: string[]): string => join(this.folder, "share", ...names);
  shares: Export[] = [{ path: "/home/me", folder: this.path(), isReadOnly: false }];
  readonly servers: NfsServer[] = [];
  readonly announced = new Set<bigint>();

  constructor() {
    mkdirSync(this.path());
    writeFileSync(join(this.folder, "secret"), "secret");
  }

  /** Another server, as after the death of one, with its client. */
  readonly serve = async (): Promise<{ client: NfsClient; root: Buffer }> => {
    const owner = { hostUid: process.getuid?.(), hostGid: process.getgid?.(), uid: 1000, gid: 1000 };
    const server = createNfsServer({
      shares: () => this.shares,
      owner,
      isAnnounced: (ns) => this.announced.has(ns),
    });
    this.servers.push(server);
    const client = new NfsClient(server);
    return { client, root: (await client.mount("/home/me")).root };
  };

  async close(): Promise<void> {
    for (const server of this.servers) await server.close();
    rmSync(this.folder, { recursive: true });
  }
}
