import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import { askOverTcp, serveNames } from "./names.ts";

const address = "127.0.0.53";
const port = 25_353;
let answered = 0;
beforeAll(() =>
  serveNames(
    address,
    async (query) => {
      answered += 1;
      if (query[0] === 0xff) throw new Error("broken");
      return query.length > 3 ? Buffer.alloc(60_000, "x") : Buffer.from(query).reverse();
    },
    port,
  ),
);

it("answers over both protocols, several questions on one connection, and goes on after one that broke", async () => {
  const socket = createSocket("udp4");
  socket.send(Buffer.from([0xff]), port, address);
  socket.send("abc", port, address);
  const [message] = (await once(socket, "message")) as [Buffer];
  socket.close();
  expect(message.toString()).toBe("cba");
  expect(Buffer.from(await askOverTcp(address, Buffer.from("de"), AbortSignal.timeout(5_000), port)).toString()).toBe(
    "ed",
  );
});

it("of a client that takes no answers it takes no more questions", async () => {
  const connection = connect(port, address);
  const question = Buffer.from("\0\x04long");
  answered = 0;
  connection.write(Buffer.concat(Array.from({ length: 10_000 }, () => question)));
  await expect.poll(() => answered).toBeGreaterThan(3);
  const before = answered;
  await setTimeout(200);
  expect(answered - before).toBeLessThan(3);
  expect(answered).toBeLessThan(256);
  connection.destroy();
});
