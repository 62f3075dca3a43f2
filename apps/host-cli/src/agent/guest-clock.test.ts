import { beforeEach, expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { GuestClock } from "./guest-clock.ts";

const never = new AbortController().signal;

let clock: FakeClock;
let told: string[];
let guest: GuestClock;
/** Resolves what the guest still has to answer. */
let answer: () => void;
let isSlow: boolean;

beforeEach(() => {
  clock = new FakeClock();
  told = [];
  isSlow = false;
  answer = () => undefined;
  guest = new GuestClock({
    clock,
    tell: async (now) => {
      told.push(now.toISOString());
      const { promise, resolve } = Promise.withResolvers<undefined>();
      answer = () => resolve(undefined);
      if (isSlow) await promise;
    },
    log: () => undefined,
  });
  guest.run(never).catch(() => undefined);
});

test("a guest is told about once a minute", async () => {
  await clock.pass(600_000);
  expect(told.length).toBeGreaterThanOrEqual(9);
  expect(told.length).toBeLessThanOrEqual(10);
});

test("a host that slept is noticed within a second, and before anybody is answered", async () => {
  clock.sleep(3_600_000);
  await guest.untilRight(never);
  expect(told).toEqual([clock.now().toISOString()]);
  clock.sleep(3_600_000);
  await clock.pass(1_100);
  expect(told).toHaveLength(2);
});

test("who asks while the VM stands still waits until it was told the time", async () => {
  isSlow = true;
  guest.paused(true, never);
  let isRight = false;
  void guest.untilRight(never).then(() => {
    isRight = true;
  });
  await clock.pass(5_000);
  expect([told.length, isRight]).toEqual([0, false]);
  guest.paused(false, never);
  await clock.pass(10);
  expect([told.length, isRight]).toEqual([1, false]);
  answer();
  await clock.pass(10);
  expect(isRight).toBe(true);
});

test("everybody who asks while the guest is being told waits for that", async () => {
  isSlow = true;
  clock.sleep(3_600_000);
  let right = 0;
  for (let client = 0; client < 3; client += 1) {
    void guest.untilRight(never).then(() => {
      right += 1;
    });
  }
  await clock.pass(10);
  expect([told.length, right]).toEqual([1, 0]);
  answer();
  await clock.pass(10);
  expect(right).toBe(3);
});

test("a guest that can't be told holds nobody up", async () => {
  const deaf = new GuestClock({ clock, tell: () => Promise.reject(new Error("closed")), log: () => undefined });
  deaf.paused(true, never);
  deaf.paused(false, never);
  await deaf.untilRight(never);
});
