import { beforeEach, expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { Bell } from "./bell.ts";

let clock: FakeClock;
let bell: Bell;
beforeEach(() => {
  clock = new FakeClock();
  bell = new Bell(clock);
});

async function waitedMs(): Promise<number> {
  const from = clock.monotonicMs();
  await clock.settle(bell.wait(60_000));
  return clock.monotonicMs() - from;
}

test("a wait ends after its time, or when it rings", async () => {
  expect(await waitedMs()).toBe(60_000);
  const waited = waitedMs();
  bell.ring();
  expect(await waited).toBeLessThan(60_000);
});

test("what rang while nobody waited ends one wait and no more", async () => {
  bell.ring();
  bell.ring();
  expect(await waitedMs()).toBe(0);
  expect(await waitedMs()).toBe(60_000);
});
