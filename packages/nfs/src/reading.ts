/** The procedures of RFC 1813 that change nothing. */
import type { BigIntStats } from "node:fs";
import { readlink, statfs } from "node:fs/promises";
import { accessOf, writeAttributes, writeOptionalAttributes } from "./attributes.ts";
import { readEntry, readName, reply, statOrNone, type Context } from "./context.ts";
import { bytesOf } from "./names.ts";
import type { Procedure } from "./rpc.ts";
import { NfsError } from "./status.ts";
import type { Entry } from "./tree.ts";
import { XdrWriter, type XdrReader } from "./xdr.ts";

/** Bytes of one READ or WRITE. */
export const maxTransferBytes = 256 << 10;
const maxListingBytes = 64 << 10;
/** What a reply holds beside its entries. */
const listingHeadBytes = 128;
/** Looked up at once. */
const listingBatch = 32;

export function readingProcedures(context: Context): Record<number, Procedure> {
  const { tree, files, listings, owner, self } = context;
  type Run = (args: XdrReader, result: XdrWriter) => Promise<void>;
  const bare = (run: Run): Procedure => ({
    run: (args, result) =>
      reply(
        result,
        () => run(args, result),
        () => undefined,
      ),
  });
  /** A failure's reply ends with no attributes. */
  const replying = (run: Run): Procedure => ({
    run: (args, result) =>
      reply(
        result,
        () => run(args, result),
        () => void result.isTrue(false),
      ),
  });

  const list = async (args: XdrReader, result: XdrWriter, withAttributes: boolean): Promise<void> => {
    const directory = await readEntry(args, context);
    const cookie = args.u64();
    args.fixed(8);
    if (withAttributes) args.u32();
    const limit = Math.min(args.u32(), maxListingBytes);
    const stats = await tree.stat(directory);
    if (!directory.isDirectory) throw new NfsError("ENOTDIR");
    const rows = await listings.after(directory, cookie, stats.mtimeNs);
    writeOptionalAttributes(result, stats, owner);
    result.fixed(Buffer.alloc(8));
    let isWhole = true;
    let count = 0;
    const room = limit - listingHeadBytes;
    const start = result.length;
    for (let i = 0; i < rows.length && isWhole; i += listingBatch) {
      const batch = rows.slice(i, i + listingBatch);
      const found = await Promise.all(
        batch.map(async ({ name }) => tree.child(directory, name).catch(() => undefined)),
      );
      for (const [j, row] of batch.entries()) {
        const child = found[j];
        // Gone since it was listed.
        if (child === undefined) continue;
        const entry = renderListed(row, child, withAttributes);
        isWhole = result.length - start + entry.length <= room;
        if (!isWhole) break;
        result.fixed(entry);
        count += 1;
      }
    }
    if (count === 0 && !isWhole) throw new NfsError("ETOOSMALL");
    result.isTrue(false).isTrue(isWhole);
  };

  const renderListed = (
    { cookie, name }: { cookie: bigint; name: string },
    { entry, stats }: { entry: Entry; stats: BigIntStats },
    withAttributes: boolean,
  ): Buffer => {
    const row = new XdrWriter(256).isTrue(true).u64(stats.ino).opaque(bytesOf(name)).u64(cookie);
    if (withAttributes) {
      row.isTrue(true);
      writeAttributes(row, stats, owner);
      row.isTrue(true).opaque(entry.handle);
    }
    return row.bytes();
  };

  return {
    // NULL
    0: { run: async () => undefined },
    // GETATTR
    1: bare(async (args, result) => {
      writeAttributes(result, await tree.stat(await readEntry(args, context)), owner);
    }),
    // LOOKUP
    3: replying(async (args, result) => {
      const directory = await readEntry(args, context);
      const { entry, stats } = await tree.child(directory, readName(args));
      result.opaque(entry.handle);
      writeOptionalAttributes(result, stats, owner);
      writeOptionalAttributes(result, await statOrNone(directory, context), owner);
    }),
    // ACCESS
    4: replying(async (args, result) => {
      const entry = await readEntry(args, context);
      const asked = args.u32();
      const stats = await tree.stat(entry);
      writeOptionalAttributes(result, stats, owner);
      result.u32(asked & accessOf(entry, stats, self));
    }),
    // READLINK
    5: replying(async (args, result) => {
      const entry = await readEntry(args, context);
      const stats = await tree.stat(entry);
      if (!stats.isSymbolicLink() || entry.parent === undefined) throw new NfsError("EINVAL");
      const target = await tree.within(entry.parent, entry.name, (path) => readlink(path, { encoding: "buffer" }));
      writeOptionalAttributes(result, stats, owner);
      result.opaque(target);
    }),
    // READ
    6: replying(async (args, result) => {
      const entry = await readEntry(args, context);
      const offset = args.size();
      const wanted = Math.min(args.u32(), maxTransferBytes);
      await files.read(entry, async (file) => {
        // Of before: a file that grows meanwhile is read to its end by who asks again.
        const stats = await file.stat({ bigint: true });
        const count = Math.max(0, Math.min(wanted, Number(stats.size) - offset));
        writeOptionalAttributes(result, stats, owner);
        const head = result.length;
        result.u32(0).isTrue(offset + count >= Number(stats.size));
        const read = await result.opaqueFrom(count, async (into) => readFully(file, into, offset));
        result.setU32(head, read);
      });
    }),
    // READDIR
    16: replying((args, result) => list(args, result, false)),
    // READDIRPLUS
    17: replying((args, result) => list(args, result, true)),
    // FSSTAT
    18: replying(async (args, result) => {
      const entry = await readEntry(args, context);
      const space = await statfs(entry.share.folder, { bigint: true });
      writeOptionalAttributes(result, await statOrNone(entry, context), owner);
      for (const blocks of [space.blocks, space.bfree, space.bavail]) result.u64(blocks * space.bsize);
      for (const inodes of [space.files, space.ffree, space.ffree]) result.u64(inodes);
      result.u32(0);
    }),
    // FSINFO
    19: replying(async (args, result) => {
      const entry = await readEntry(args, context);
      writeOptionalAttributes(result, await statOrNone(entry, context), owner);
      // Reads and writes: most, best, multiple of. Then listings.
      for (let i = 0; i < 2; i++) result.u32(maxTransferBytes).u32(maxTransferBytes).u32(4096);
      result.u32(maxListingBytes);
      result.u64(BigInt(Number.MAX_SAFE_INTEGER));
      // A time is exact to the nanosecond.
      result.u32(0).u32(1);
      result.u32(hardLinks | symbolicLinks | isHomogeneous | canSetTime);
    }),
    // PATHCONF
    20: replying(async (args, result) => {
      const entry = await readEntry(args, context);
      writeOptionalAttributes(result, await statOrNone(entry, context), owner);
      // Links, bytes of a name; no truncation, only owners give away, case counts and is kept.
      result.u32(32_000).u32(255).isTrue(true).isTrue(true).isTrue(false).isTrue(true);
    }),
  };
}

const hardLinks = 1;
const symbolicLinks = 2;
const isHomogeneous = 8;
const canSetTime = 16;

async function readFully(
  file: { read(into: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }> },
  into: Buffer,
  position: number,
): Promise<number> {
  let count = 0;
  while (count < into.length) {
    const { bytesRead } = await file.read(into, count, into.length - count, position + count);
    if (bytesRead === 0) break;
    count += bytesRead;
  }
  return count;
}
