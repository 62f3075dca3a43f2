import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";

type Answer = (path: string, body: string) => Promise<string>;

export async function serveRequests(socketPath: string, longestBytes: number, answer: Answer): Promise<void> {
  const server = createServer((request, response) => {
    readBody(request, longestBytes)
      .then((body) => answer(request.url ?? "", body))
      .then(
        (text) => response.writeHead(200, { "content-type": "application/json" }).end(text),
        () => response.writeHead(500).end(),
      );
  });
  // Of a client that keeps its connections the next request must not meet one that was just closed.
  server.keepAliveTimeout = 0;
  rmSync(socketPath, { force: true });
  server.listen({ path: socketPath });
  await once(server, "listening");
  // What comes of a single connection later.
  server.on("error", () => undefined);
}

async function readBody(request: IncomingMessage, longestBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestBytes) throw new Error("the request is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
