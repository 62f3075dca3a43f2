import { expect, test } from "vitest";
import { nodeClock as clock } from "./clock.ts";

const never = new AbortController().signal;

test("a deadline aborts with a TimeoutError", async () => {
  const signal = clock.deadline(1, never);
  await expect(clock.delay(10_000, signal)).rejects.toMatchObject({ name: "TimeoutError" });
});

test("a deadline aborts at once with its signal's reason", async () => {
  const controller = new AbortController();
  const signal = clock.deadline(10_000, controller.signal);
  const waiting = clock.delay(10_000, signal);
  controller.abort(new Error("interrupted"));
  await expect(waiting).rejects.toThrow("interrupted");
  expect(clock.deadline(10_000, controller.signal).aborted).toBe(true);
});

test("random ids are 128 bits and differ", () => {
  const [one, other] = [clock.randomId(), clock.randomId()];
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(one).not.toBe(other);
});
