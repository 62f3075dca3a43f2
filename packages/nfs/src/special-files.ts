import { spawn } from "node:child_process";
import { once } from "node:events";
import { rename } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { NfsError } from "./status.ts";
import { lstatOf } from "./tree.ts";

/** mkfifo(1), for want of a call. */
export async function makeFifo(path: Buffer): Promise<void> {
  const [folder, name] = await place(path);
  // Inside the folder, since a path in /proc/self is another one for another process.
  const child = spawn("mkfifo", ["--", name], { cwd: folder, stdio: "ignore" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new NfsError("ENOTSUPP");
}

/** The place of a unix socket; who listens and who connects are the client's, which finds them by it. */
export async function makeSocket(path: Buffer): Promise<void> {
  const [folder, name] = await place(path);
  // Node removes a socket's path when it closes it: by then this one has another.
  const temporary = join(folder, `.b2d-${process.pid}`);
  const server = createServer();
  server.listen(temporary);
  await once(server, "listening");
  try {
    await rename(temporary, join(folder, name));
  } finally {
    server.close();
  }
}

async function place(path: Buffer): Promise<[folder: string, name: string]> {
  const isThere = await lstatOf(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new NfsError("EEXIST");
  const text = path.toString();
  if (!Buffer.from(text).equals(path)) throw new NfsError("ENOTSUPP");
  return [dirname(text), text.slice(dirname(text).length + 1)];
}
