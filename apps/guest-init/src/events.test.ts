import { beforeEach, describe, expect, it } from "vitest";
import { Events } from "./events.ts";
import { EVENTS_FILE } from "./paths.ts";
import { settle } from "./testing/fake-clock.ts";
import { silentLog } from "./testing/fake-log.ts";
import { FakeSystem } from "./testing/fake-system.ts";

let system: FakeSystem;
let events: Events;
const numbers = (from: Events, since: number): number[] => from.since(since).events.map(({ sequence }) => sequence);

beforeEach(() => {
  system = new FakeSystem();
  events = new Events(system, silentLog);
});

describe("the history", () => {
  it("numbers events from one, without gaps", () => {
    events.emit("guest.started", { restarts: 0 });
    events.emit("guest.ready");
    expect(events.since(0)).toEqual({
      events: [
        { sequence: 1, at: "2026-01-01T00:00:00.000Z", uptimeMs: 0, name: "guest.started", fields: { restarts: 0 } },
        { sequence: 2, at: "2026-01-01T00:00:00.000Z", uptimeMs: 0, name: "guest.ready", fields: {} },
      ],
      lost: 0,
    });
    expect(numbers(events, 1)).toEqual([2]);
    expect(events.since(2)).toEqual({ events: [], lost: 0 });
  });

  it("says how many it has dropped", () => {
    for (let count = 0; count < 600; count += 1) events.emit("tick");
    const { events: kept, lost } = events.since(10);
    expect(kept.length + lost).toBe(590);
    expect(kept[0]?.sequence).toBe(10 + lost + 1);
  });

  it("goes on where an earlier guest-init died", async () => {
    await events.recall();
    events.emit("one");
    events.emit("two");
    await settle();
    const next = new Events(system, silentLog);
    next.emit("before it could read");
    await next.recall();
    next.emit("after");
    expect(next.since(0).events.map(({ sequence, name }) => `${sequence} ${name}`)).toEqual([
      "1 one",
      "2 two",
      "3 before it could read",
      "4 after",
    ]);
  });

  it("survives a line that was cut off by a death", async () => {
    await events.recall();
    events.emit("one");
    await settle();
    await system.files.append(EVENTS_FILE, '{"sequence":2,"at":"20');
    const next = new Events(system, silentLog);
    await next.recall();
    next.emit("two");
    expect(numbers(next, 0)).toEqual([1, 2]);
  });

  it("keeps its file bounded", async () => {
    await events.recall();
    for (let count = 0; count < 10_000; count += 1) events.emit("tick");
    await settle();
    const lines = (await system.files.readText(EVENTS_FILE))?.split("\n").length ?? 0;
    expect(lines).toBeLessThan(2000);
    const next = new Events(system, silentLog);
    await next.recall();
    expect(next.sequence).toBe(10_000);
  });

  it("answers with as many as fit into one message, and the rest to who asks again", async () => {
    await events.recall();
    for (let count = 0; count < 512; count += 1) events.emit("died", { detail: "\0".repeat(600) });
    const first = events.since(0).events;
    expect(JSON.stringify(first).length).toBeLessThan(300 * 1024);
    const rest = numbers(events, first.at(-1)?.sequence ?? 0);
    expect(rest[0]).toBe(first.length + 1);
  });
});
