import { channelPair } from "@boot2docker/protocol/testing";
import { expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { connectQmp, QmpError } from "./qmp.ts";

const never = new AbortController().signal;
const greeting = '{"QMP": {"version": {}, "capabilities": []}}\r\n';

/** A QEMU that answers what `answers` has for a command, in pieces of any size. */
function monitorOf(answers: Record<string, object>) {
  const pair = channelPair({ deliver: (bytes) => [...bytes].map((byte) => Uint8Array.of(byte)) });
  const clock = new FakeClock();
  const say = (text: string) => pair.guest.write(new TextEncoder().encode(text));
  const serve = async (): Promise<void> => {
    await say(greeting);
    let rest = "";
    for await (const bytes of pair.guest.incoming) {
      const lines = (rest + new TextDecoder().decode(bytes)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number }; // What our client wrote.
        await say('{"event": "RTC_CHANGE", "timestamp": {"seconds": 1, "microseconds": 1}}\r\n');
        await say(`${JSON.stringify({ ...(answers[execute] ?? { return: {} }), id })}\r\n`);
      }
    }
  };
  return { pair, clock, serve };
}

test("a command's answer is its own, with events in between and bytes split anywhere", async () => {
  const { pair, clock, serve } = monitorOf({ "query-status": { return: { status: "running" } } });
  serve().catch(() => undefined);
  const qmp = await clock.settle(connectQmp(pair.host, clock, never));
  const answers = Promise.all([qmp.execute("query-status", {}, never), qmp.execute("stop", {}, never)]);
  expect(await clock.settle(answers)).toEqual([{ status: "running" }, {}]);
});

test("a refusal is an error in QEMU's words", async () => {
  const { pair, clock, serve } = monitorOf({
    cont: { error: { class: "GenericError", desc: "Resetting the VM is required" } },
  });
  serve().catch(() => undefined);
  const qmp = await clock.settle(connectQmp(pair.host, clock, never));
  await expect(clock.settle(qmp.execute("cont", {}, never))).rejects.toThrow(
    new QmpError("Resetting the VM is required"),
  );
});

test("a monitor that has a client already stays silent: connecting to it ends after its limit", async () => {
  const { pair, clock } = monitorOf({});
  await expect(clock.settle(connectQmp(pair.host, clock, never))).rejects.toThrow("10000 ms are over");
});

test("a session that ends while a command is being written is one error, not two", async () => {
  const clock = new FakeClock();
  const ended = Promise.withResolvers<undefined>();
  const incoming = async function* () {
    yield new TextEncoder().encode(greeting);
    yield new TextEncoder().encode('{"return": {}, "id": 1}\n');
    await ended.promise;
  };
  const channel = {
    incoming: incoming(),
    write: async (bytes: Uint8Array) => {
      if (new TextDecoder().decode(bytes).includes("qmp_capabilities")) return;
      ended.resolve(undefined);
      await clock.delay(1, never);
      throw new Error("EPIPE");
    },
    close: async () => undefined,
  };
  const qmp = await clock.settle(connectQmp(channel, clock, never));
  await expect(clock.settle(qmp.execute("quit", {}, never))).rejects.toThrow("EPIPE");
});

test("commands that wait fail when QEMU goes", async () => {
  const { pair, clock, serve } = monitorOf({});
  serve().catch(() => undefined);
  const qmp = await clock.settle(connectQmp(pair.host, clock, never));
  pair.hold("guest");
  const waiting = qmp.execute("query-status", {}, never);
  pair.fail(new Error("ECONNRESET"));
  await expect(clock.settle(waiting)).rejects.toThrow();
  await clock.settle(qmp.closed);
});
