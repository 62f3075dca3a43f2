import { copyError, describePlace } from "./copy-error.ts";
import { drain } from "./drain.ts";
import type { FileTree, OpenFile } from "./file-tree.ts";
import { joinPath, parsePath } from "./path.ts";
import type { Item } from "./survey.ts";

const itemsAtOnce = 16;
/** Of one file: enough for a way that takes a while, in pieces that one message of the protocol carries. */
/** Of a file that says nothing true about its size, as those of /proc. */
const mostUnannouncedBytes = 64 * 2 ** 20;
const chunkBytes = 128 * 1024;
const chunksAtOnce = 16;

export interface TransferOptions {
  /** Part of names, so that nobody else's file has one. */
  id: string;
  /** Called again and again with bytes that have arrived. */
  onBytes: (bytes: number) => void;
}

/**
 * Does what was surveyed. A file has its name only when it is whole; a folder its mode and time when all is in it. After a failure
 * or an abort those that are whole stay.
 */
export async function transfer(
  items: readonly Item[],
  to: FileTree,
  { id, onBytes }: TransferOptions,
  signal: AbortSignal,
): Promise<void> {
  const made: Item[] = [];
  let count = 0;
  const inPlace = async ({ target }: Item, make: (temporary: string) => Promise<void>): Promise<void> => {
    count += 1;
    const temporary = joinPath(parsePath(target, to.style).parent, `.boot2docker-cp-${id}-${count}`);
    try {
      await make(temporary);
      await to.rename(temporary, target);
    } catch (error) {
      await to.remove(temporary).catch(() => undefined); // It may not be there, and why it failed is said by the error.
      throw error;
    }
  };
  const queue = [...items];
  await drain(queue, itemsAtOnce, signal, async (item, either) => {
    const { from, source, target, facts } = item;
    switch (facts.kind) {
      case "directory":
        if (item.isNew) {
          await to.makeFolder(target, facts.mode | 0o700); // What is in it must get in.
          made.push(item);
        }
        queue.push(...item.items);
        return;
      case "symlink": {
        const leadsTo = await from.readLink(source);
        await inPlace(item, (temporary) => to.makeLink(leadsTo, temporary, target));
        return;
      }
      case "file":
        await inPlace(item, (temporary) => copyFile(item, to, temporary, onBytes, either));
        return;
      case "socket":
      case "other":
        return;
      default:
        facts.kind satisfies never;
    }
  });
  // Last first: nothing is made in a folder after it has its time, and none loses its way before what is in it is done.
  for (const { target, facts } of made.reverse()) {
    signal.throwIfAborted();
    await to.finishFolder(target, facts);
  }
}

async function copyFile(
  { from, source, target, facts }: Item,
  to: FileTree,
  temporary: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const isWhole = await withFile(await from.open(source), async (input) =>
    withFile(await to.create(temporary, target), async (output) => {
      const isDone =
        facts.sizeBytes > chunkBytes
          ? await copyParts(input, output, facts.sizeBytes, onBytes, signal)
          : await copyToEnd(input, output, facts.sizeBytes, onBytes, signal);
      if (isDone) await output.finish(facts);
      return isDone;
    }),
  );
  if (!isWhole) {
    throw copyError(`${describePlace(source, from)} became shorter while it was copied`, { hint: "Copy it again." });
  }
}

/** Closing may fail as a write does, and is worth an error then; after another error it is not. */
async function withFile<T>(file: OpenFile, work: (file: OpenFile) => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work(file);
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  await file.close();
  return result;
}

/** Many at once, up to the size that it had: one that is written to meanwhile would have holes behind that. */
async function copyParts(
  input: OpenFile,
  output: OpenFile,
  sizeBytes: number,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<boolean> {
  let isWhole = true;
  // Each piece brings the next one along: what is said of a size may be anything.
  let next = 0;
  const queue: number[] = [];
  const enqueue = (): void => {
    if (next >= sizeBytes || !isWhole) return;
    queue.push(next);
    next += chunkBytes;
  };
  for (let count = 0; count < chunksAtOnce; count += 1) enqueue();
  await drain(queue, chunksAtOnce, signal, async (start) => {
    enqueue();
    const buffer = new Uint8Array(Math.min(chunkBytes, sizeBytes - start));
    let filled = 0;
    while (filled < buffer.byteLength) {
      const bytes = await input.read(buffer.subarray(filled), start + filled);
      if (bytes === 0) break;
      filled += bytes;
    }
    if (filled < buffer.byteLength) isWhole = false;
    else await output.write(buffer, start);
    onBytes(filled);
  });
  return isWhole;
}

/** One after the other: a file of /proc says nothing true about its size. */
async function copyToEnd(
  input: OpenFile,
  output: OpenFile,
  sizeBytes: number,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<true> {
  const buffer = new Uint8Array(chunkBytes);
  let at = 0;
  do {
    signal.throwIfAborted();
    const bytes = await input.read(buffer, at);
    if (bytes === 0) break;
    await output.write(buffer.subarray(0, bytes), at);
    at += bytes;
    onBytes(bytes);
    if (at > mostUnannouncedBytes)
      throw new Error(`there is no end to it: ${at} bytes where ${sizeBytes} were announced`);
  } while (at !== sizeBytes);
  return true;
}
