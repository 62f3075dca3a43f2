import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:tls";
import { connect, createServer, type Server as NetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Server } from "../host.ts";
import { makeServerCertificate } from "../testing/server-certificate.ts";
import { issueClientCertificate, makeCa } from "../tls/certificates.ts";
import { nodeNetwork as network } from "./network.ts";

let dir = "";
const ends: (() => void)[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "b2d-relay-"));
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  rmSync(dir, { recursive: true });
});

function opened(relay: Server): void {
  ends.push(() => void relay.close());
}

/** Says how much it heard once its client has ended. */
async function serve(server: NetServer, at: { path: string } | { port: number; host: string }): Promise<number> {
  server.on("connection", countBytes);
  return listen(server, at);
}

async function listen(server: NetServer, at: { path: string } | { port: number; host: string }): Promise<number> {
  server.listen(at);
  await once(server, "listening");
  ends.push(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function countBytes(socket: Socket): void {
  let count = 0;
  socket.on("data", (bytes: Buffer) => {
    count += bytes.byteLength;
  });
  socket.on("end", () => void socket.end(`heard ${count}`));
}

async function ask(at: { path: string } | { port: number; host: string }, bytes: number): Promise<string> {
  const socket = connect({ ...at, allowHalfOpen: true });
  let said = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    said += text;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    said = error.code ?? error.message;
  });
  socket.end(Buffer.alloc(bytes));
  const { promise, resolve } = Promise.withResolvers<undefined>();
  socket.once("close", () => resolve(undefined));
  await promise;
  return said;
}

describe("a relay of TCP", () => {
  test("passes on all that is said, and an end as an end", async () => {
    const toPort = await serve(createServer({ allowHalfOpen: true }), { port: 0, host: "127.0.0.1" });
    const port = await network.freePort("tcp");
    await using relay = await network.relay("tcp", { address: "::1", port }, toPort);
    expect(await ask({ host: "::1", port }, 3_000_000)).toBe("heard 3000000");
    await relay.close();
    expect(await ask({ host: "::1", port }, 1)).toBe("ECONNREFUSED");
  });

  test("lets the other family have the port", async () => {
    const toPort = await serve(createServer({ allowHalfOpen: true }), { port: 0, host: "127.0.0.1" });
    const port = await network.freePort("tcp");
    opened(await network.relay("tcp", { address: "::", port }, toPort));
    expect(await network.bindFailure("tcp", "0.0.0.0", port)).toBeUndefined();
    expect(await network.bindFailure("tcp", "::1", port)).toBe("EADDRINUSE");
  });

  test("is broken off where what it leads to is not there", async () => {
    const [toPort, port] = [await network.freePort("tcp"), await network.freePort("tcp")];
    opened(await network.relay("tcp", { address: "::1", port }, toPort));
    expect(await ask({ host: "::1", port }, 1)).toBe("ECONNRESET");
  });
});

test("a relay of UDP gives each client its own answers", async () => {
  const echo = createSocket("udp4", (message, { port, address }) => echo.send(message, port, address));
  echo.bind(0, "127.0.0.1");
  await once(echo, "listening");
  ends.push(() => void echo.close());
  const port = await network.freePort("udp");
  opened(await network.relay("udp", { address: "::1", port }, echo.address().port));
  const say = async (text: string): Promise<string> => {
    const socket = createSocket("udp6");
    const heard = once(socket, "message");
    socket.send(text, port, "::1");
    const [message] = (await heard) as [Buffer];
    socket.close();
    return message.toString();
  };
  expect(await Promise.all(["a", "b", "c"].map(say))).toEqual(["a", "b", "c"]);
});

describe("a socket that leads to an engine", () => {
  test("is private, replaces a dead one, and takes the first end that answers", async () => {
    const [path, engine] = [join(dir, "docker.sock"), join(dir, "engine.sock")];
    writeFileSync(path, "left by a process that was killed");
    await serve(createServer({ allowHalfOpen: true }), { path: engine });
    const ways = [{ socketPath: join(dir, "none") }, { socketPath: engine }];
    opened(await network.relayUnix(path, async () => ways));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await ask({ path }, 100_000)).toBe("heard 100000");
  });

  test("leads over TLS with both certificates, and an end is an end there, too", async () => {
    const now = new Date();
    const ca = await makeCa(now, "0001");
    const client = await issueClientCertificate(ca, now, "0003");
    const own = await makeServerCertificate(ca, now, "0002");
    const options = { ca: ca.certificatePem, ...own, requestCert: true, rejectUnauthorized: true, allowHalfOpen: true };
    const engine = createTlsServer(options);
    engine.on("secureConnection", countBytes);
    const port = await listen(engine, { port: 0, host: "127.0.0.1" });
    const path = join(dir, "docker.sock");
    const way = { port, ca: ca.certificatePem, cert: client.certificatePem, key: client.keyPem, serverName: "m1" };
    opened(await network.relayUnix(path, async () => [way]));
    expect(await ask({ path }, 100_000)).toBe("heard 100000");
  });

  test("closes who comes while there is none", async () => {
    const path = join(dir, "docker.sock");
    opened(await network.relayUnix(path, () => Promise.reject(new Error("asleep"))));
    // By the system's own timing it hears an end, or that nobody takes its own.
    expect(["", "EPIPE", "ECONNRESET"]).toContain(await ask({ path }, 0));
  });
});
