import { expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { releaseWhenIdle } from "./idle-memory.ts";

test("memory is given back once after each time of work, when that is over", async () => {
  const clock = new FakeClock();
  let spentMs = 0;
  const releasedAt: number[] = [];
  const host = {
    clock,
    cpuMs: () => spentMs,
    releaseMemory: () => {
      releasedAt.push(clock.monotonicMs());
      spentMs += 50;
    },
  };
  const ended = new AbortController();
  const done = releaseWhenIdle(host, ended.signal);
  await clock.pass(100_000);
  expect(releasedAt, "the start was work").toEqual([10_000]);
  for (let second = 0; second < 25; second += 1) {
    spentMs += 500;
    await clock.pass(1_000);
  }
  await clock.pass(100_000);
  expect(releasedAt.slice(1)).toEqual([140_000]);
  spentMs += 60;
  await clock.pass(100_000);
  expect(releasedAt).toHaveLength(3);
  ended.abort();
  await expect(done).rejects.toThrow();
});
