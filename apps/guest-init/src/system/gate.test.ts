import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { afterEach, expect, it } from "vitest";
import { openGate } from "./gate.ts";

const address = "127.0.0.1";
const end = new AbortController();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A port that was free just now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const found = server.address();
  server.close();
  await once(server, "close");
  return typeof found === "object" && found !== null ? found.port : 0;
}

async function serve(port: number): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("end", () => void socket.end("heard to the end"));
    socket.resume();
  });
  servers.push(server);
  server.listen(port, address);
  await once(server, "listening");
}

/** What comes back to a client that says something and ends, or how it was broken off. */
async function ask(port: number): Promise<string> {
  const socket = connect({ host: address, port, allowHalfOpen: true });
  let said = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    said += text;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    said = error.code ?? error.message;
  });
  socket.end("question");
  const { promise, resolve } = Promise.withResolvers<undefined>();
  socket.once("close", () => resolve(undefined));
  await promise;
  return said;
}

it("clients wait until the server is there, and each side hears the other's end", async () => {
  const [gatePort, port] = [await freePort(), await freePort()];
  let answers = 0;
  const gate = await openGate(gatePort, { address, port }, () => void (answers += 1), end.signal);
  const asked = [ask(gatePort), ask(gatePort)];
  expect(answers).toBe(0);
  await serve(port);
  expect(await Promise.all(asked)).toEqual(["heard to the end", "heard to the end"]);
  expect(answers).toBe(2);
  gate.shut();
});

it("who still waits when it is over is sent away as by a server that is not there", async () => {
  const [gatePort, port] = [await freePort(), await freePort()];
  const gate = await openGate(gatePort, { address, port }, () => undefined, end.signal);
  gate.sendAway();
  expect(await ask(gatePort)).toBe("ECONNRESET");
  gate.shut();
});

it("a port that somebody has is told by its code", async () => {
  const port = await freePort();
  await serve(port);
  await expect(openGate(port, { address, port: 1 }, () => undefined, end.signal)).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
});

it("a crowd waits with one attempt at a time, and nobody is lost when the gate is shut", async () => {
  const [gatePort, port] = [await freePort(), await freePort()];
  const gate = await openGate(gatePort, { address, port }, () => gate.shut(), end.signal);
  const asked = Array.from({ length: 100 }, () => ask(gatePort));
  await serve(port);
  expect(new Set(await Promise.all(asked))).toEqual(new Set(["heard to the end"]));
});
