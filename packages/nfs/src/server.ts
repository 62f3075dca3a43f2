import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Owner } from "./attributes.ts";
import { changingProcedures } from "./changing.ts";
import type { Context } from "./context.ts";
import { Listings } from "./listing.ts";
import { mountProgram } from "./mount.ts";
import { OpenFiles } from "./open-files.ts";
import { readingProcedures } from "./reading.ts";
import { MessageReader, RpcServer } from "./rpc.ts";
import { Tree, type Export } from "./tree.ts";

/** Messages of a connection that are being worked on, or whose answers nobody takes; it is not read while there are more. */
const maxPending = 32;
/** What has not been used for that long, is closed: nobody on the host is to be kept from unmounting a disk. */
const idleMs = 2_000;

export interface NfsServerOptions {
  /** Those of now; a share is the same object for as long as it is the same. */
  shares: () => readonly Export[];
  owner: Owner;
  /**
   * Whether a client that sets this time of modification, in nanoseconds since 1970, and nothing else repeats what it was told, for its own
   * watchers: the file, which may have been written to since, stays as it is.
   */
  isAnnounced?: (modifiedNs: bigint) => boolean;
}

export interface NfsServer {
  /** Answers a client until its stream ends, which the server does on anything that is no RPC. Never rejects. */
  serve(stream: Duplex): Promise<void>;
  /** Lets go of all files. The streams are their owner's. */
  close(): Promise<void>;
}

/**
 * An NFS version 3 server of folders, MOUNT included, on whatever stream a client comes by. Whoever can connect acts as the user of this process,
 * within the shares. Has no locks (NLM): mount with `nolock`. RFC 1813.
 */
export function createNfsServer({ shares, owner, isAnnounced = () => false }: NfsServerOptions): NfsServer {
  const tree = new Tree(shares, process.platform);
  const files = new OpenFiles(tree);
  const context: Context = {
    tree,
    files,
    listings: new Listings(tree),
    owner,
    isAnnounced,
    self: { uid: process.geteuid?.(), groups: process.getgroups?.() ?? [] },
    verifier: randomBytes(8),
  };
  const procedures = { ...readingProcedures(context), ...changingProcedures(context) };
  const rpc = new RpcServer([{ number: 100_003, version: 3, procedures }, mountProgram(context)]);
  let marks: [number, number, number] = [0, 0, 0];
  const closeIdle = async (): Promise<void> => {
    const [directories, [readers, writers]] = await Promise.all([
      tree.closeIdle(marks[0]),
      files.closeIdle([marks[1], marks[2]]),
    ]);
    marks = [directories, readers, writers];
  };
  let timer: NodeJS.Timeout | undefined;
  let isUsed = false;
  const use = (): void => {
    isUsed = true;
    timer ??= setInterval(() => {
      // What could not be written when it was closed.
      closeIdle().catch(() => {
        context.verifier = randomBytes(8);
      });
      // All is closed: who does nothing costs nothing.
      if (!isUsed) {
        clearInterval(timer);
        timer = undefined;
      }
      isUsed = false;
    }, idleMs).unref();
  };
  return {
    serve: (stream) => serve(stream, rpc, use),
    close: async () => {
      clearInterval(timer);
      await Promise.all([tree.close(), files.close()]);
    },
  };
}

/** `use` is called when work begins, and when it ends. */
function serve(stream: Duplex, rpc: RpcServer, use: () => void): Promise<void> {
  const reader = new MessageReader();
  /** Read, and not begun. */
  const waiting: Buffer[] = [];
  let pending = 0;
  const begin = (): void => {
    for (let next = pending < maxPending && waiting.shift(); next; next = pending < maxPending && waiting.shift()) {
      pending += 1;
      use();
      void answer(next);
    }
    if (waiting.length > 0) stream.pause();
    else stream.resume();
  };
  const done = (): void => {
    pending -= 1;
    use();
    begin();
  };
  const answer = async (message: Buffer): Promise<void> => {
    try {
      const reply = await rpc.answer(message);
      if (reply === undefined) done();
      else stream.write(reply, done);
    } catch {
      stream.destroy();
    }
  };
  stream.on("data", (chunk: Buffer) => {
    try {
      waiting.push(...reader.push(chunk));
      begin();
    } catch {
      stream.destroy();
    }
  });
  return new Promise((resolve) => {
    stream.on("error", () => undefined); // "close" follows.
    stream.once("end", () => void stream.end());
    stream.once("close", resolve);
  });
}
