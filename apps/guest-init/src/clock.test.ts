import { expect, it } from "vitest";
import { correctClock } from "./clock.ts";
import { FakeClock } from "./testing/fake-clock.ts";

const theirs = new Date("2026-01-01T00:00:00.000Z");

it.each([
  ["1970-01-01T00:00:00.000Z", -1767225600000],
  ["2040-01-01T00:00:00.000Z", 441763200000],
  ["2026-01-01T00:00:00.101Z", 101],
])("a clock at %s is set", (at, offsetMs) => {
  const clock = new FakeClock(at);
  expect(correctClock(theirs, clock)).toBe(offsetMs);
  expect([clock.now(), clock.slewedMs]).toEqual([theirs, 0]);
});

it.each([
  ["2026-01-01T00:00:00.100Z", 100],
  ["2025-12-31T23:59:59.995Z", -5],
])("a clock at %s catches up and does not jump", (at, offsetMs) => {
  const clock = new FakeClock(at);
  expect(correctClock(theirs, clock)).toBe(offsetMs);
  expect([clock.now(), clock.slewedMs]).toEqual([new Date(at), -offsetMs]);
});
