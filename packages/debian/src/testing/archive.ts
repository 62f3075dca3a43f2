import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const fixtures = join(import.meta.dirname, "..", "..", "fixtures");

/**
 * `fixtures/archive` is a Debian archive of one package, signed by a key that was thrown away. No suite of Debian has
 * an archive that is as small.
 */
export const archiveKeyring = join(fixtures, "archive-key.asc");

/** A server of a Debian archive on 127.0.0.1. */
export interface TestArchive extends AsyncDisposable {
  base: string;
  /** Paths asked for, in order. */
  requests: string[];
}

/** Serves the fixture; `change` gives other bytes for a path, or nothing for "not found". */
export async function serveArchive(
  change: (path: string, bytes: Buffer) => Buffer | undefined = (_, bytes) => bytes,
): Promise<TestArchive> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    requests.push(path);
    const bytes = change(path, readArchive(path));
    response.writeHead(bytes === undefined || bytes.length === 0 ? 404 : 200).end(bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    base: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

/** The bytes of a file of the fixture; none when it has no such file. */
export function readArchive(path: string): Buffer {
  try {
    return readFileSync(join(fixtures, "archive", path));
  } catch {
    return Buffer.alloc(0); // Not found: that is what the archive answers.
  }
}
