import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { endAll, onceDone, serve } from "../testing/ssh-server.ts";
import { connectSsh } from "./connect.ts";
import { openLocalForward, parseLocalForward } from "./local-forward.ts";

const never = new AbortController().signal;

afterEach(endAll);

test("a forwarded port leads where it is said to, and ends with its owner", async () => {
  const { address, said } = await serve(() => undefined);
  const { client } = await connectSsh(address, never);
  onceDone.push(() => void client.end());
  const failures: string[] = [];
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo; // It listens on TCP.
  const forwards = [`${port}:db:5432`, `[::1]:${port}:nobody:1`].map(parseLocalForward);
  const open = (index: number) =>
    openLocalForward(client, forwards[index] ?? parseLocalForward(""), (message) => void failures.push(message));
  await expect(open(0)).rejects.toMatchObject({ code: "EADDRINUSE" });
  taken.close();
  await once(taken, "close");
  const first = await open(0);
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.end("hello");
  expect(await text(socket)).toBe("HELLO");
  await first[Symbol.asyncDispose]();
  await expect(once(connect(port, "127.0.0.1"), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  const second = await open(1);
  expect(await text(connect(port, "::1"))).toBe("");
  await second[Symbol.asyncDispose]();
  expect(said).toEqual(["tcpip db:5432", "tcpip nobody:1"]);
  expect(failures).toEqual(["the machine does not reach nobody:1"]);
});

test.each([
  ["8080:172.17.0.2:80", { address: "127.0.0.1", port: 8080, host: "172.17.0.2", hostPort: 80 }],
  ["localhost:8080:db:80", { address: "127.0.0.1", port: 8080, host: "db", hostPort: 80 }],
  ["[::1]:8080:[fd00::2]:80", { address: "::1", port: 8080, host: "fd00::2", hostPort: 80 }],
])("-L %s", (written, forward) => {
  expect(parseLocalForward(written)).toEqual(forward);
});

test.each([
  "",
  "8080",
  "8080:80",
  "8080::80",
  "0:db:80",
  "8080:db:65536",
  "a:b:c:d:e",
  "0.0.0.0:8080:db:80",
  "*:1:b:2",
])("-L %s is refused", (written) => {
  expect(() => parseLocalForward(written)).toThrow(`-L ${written}: `);
});
