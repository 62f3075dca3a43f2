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
export function createNfsServer({ shares, owner }: NfsServerOptions): NfsServer {
  const tree = new Tree(shares, process.platform);
  const files = new OpenFiles(tree);
  const context: Context = {
    tree,
    files,
    listings: new Listings(tree),
    owner,
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
  const timer = setInterval(() => void closeIdle(), idleMs);
  timer.unref();
  return {
    serve: (stream) => serve(stream, rpc),
    close: async () => {
      clearInterval(timer);
      await Promise.all([tree.close(), files.close()]);
    },
  };
}

function serve(stream: Duplex, rpc: RpcServer): Promise<void> {
  const reader = new MessageReader();
  let pending = 0;
  const done = (): void => {
    pending -= 1;
    if (pending === maxPending - 1) stream.resume();
  };
  const answer = async (message: Buffer): Promise<void> => {
    pending += 1;
    if (pending === maxPending) stream.pause();
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
      for (const message of reader.push(chunk)) void answer(message);
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
