import type { BigIntStats } from "node:fs";
import { writeOptionalAttributes, type Owner } from "./attributes.ts";
import { maxHandleBytes } from "./file-handle.ts";
import type { Listings } from "./listing.ts";
import { nameOf, type Name } from "./names.ts";
import type { OpenFiles } from "./open-files.ts";
import { NfsError, statusOf } from "./status.ts";
import type { Entry, Tree } from "./tree.ts";
import type { XdrReader, XdrWriter } from "./xdr.ts";

/** What procedures work with. */
export interface Context {
  tree: Tree;
  files: OpenFiles;
  listings: Listings;
  owner: Owner;
  isAnnounced: (modifiedNs: bigint) => boolean;
  /** Who this process is for the files' system. */
  self: { uid: number | undefined; groups: readonly number[] };
  /** Another one says that what was written and not committed may be lost. 8 bytes. */
  verifier: Buffer;
}

const ok = 0;
const maxNameBytes = 1024;

export async function readEntry(args: XdrReader, { tree }: Context): Promise<Entry> {
  return tree.resolve(args.opaque(maxHandleBytes));
}

export const readName = (args: XdrReader): Name => nameOf(args.opaque(maxNameBytes));

export async function statOrNone(entry: Entry | undefined, { tree }: Context): Promise<BigIntStats | undefined> {
  return entry === undefined ? undefined : await tree.stat(entry).catch(() => undefined);
}

/** `wcc_data` of what may have changed: how it is now. */
export async function writeChanged(result: XdrWriter, entry: Entry | undefined, context: Context): Promise<void> {
  const stats = await statOrNone(entry, context);
  result.isTrue(false);
  writeOptionalAttributes(result, stats, context.owner);
}

/** `status`, and then what `work` writes; when it throws, its status and what `fail` writes. */
export async function reply(
  result: XdrWriter,
  work: () => Promise<void>,
  fail: () => Promise<void> | void,
): Promise<void> {
  const start = result.length;
  result.u32(ok);
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    result.cut(start);
    result.u32(statusOf(error));
    await fail();
  }
}

export function checkWritable({ share }: Entry): void {
  if (share.isReadOnly) throw new NfsError("EROFS");
}
