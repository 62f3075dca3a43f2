import { expect, it } from "vitest";
import { stepClock } from "./clock.ts";
import { FakeClock } from "./testing/fake-clock.ts";

it.each([
  ["1970-01-01T00:00:00.000Z", -1767225600000],
  ["2040-01-01T00:00:00.000Z", 441763200000],
  ["2026-01-01T00:00:00.101Z", 101],
])("a clock at %s is set to the host's", (at, offsetMs) => {
  const clock = new FakeClock(at);
  expect(stepClock(new Date("2026-01-01T00:00:00.000Z"), clock)).toBe(offsetMs);
  expect(clock.now()).toEqual(new Date("2026-01-01T00:00:00.000Z"));
});

it("a clock that is a little off is left alone", () => {
  const clock = new FakeClock("2026-01-01T00:00:00.100Z");
  expect(stepClock(new Date("2026-01-01T00:00:00.000Z"), clock)).toBe(100);
  expect(clock.now()).toEqual(new Date("2026-01-01T00:00:00.100Z"));
});
