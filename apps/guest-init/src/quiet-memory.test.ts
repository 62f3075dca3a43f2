import { expect, it } from "vitest";
import { QuietMemory } from "./quiet-memory.ts";
import { FakeSystem } from "./testing/fake-system.ts";

it("gives memory back once when work is over, and not between its pieces", async () => {
  const system = new FakeSystem();
  const memory = new QuietMemory(system);
  await system.clock.advance(60_000);
  expect(system.timesReleased).toBe(0);
  for (let piece = 0; piece < 5; piece += 1) {
    memory.worked();
    await system.clock.advance(6_000);
  }
  expect(system.timesReleased).toBe(0);
  await system.clock.advance(60_000);
  expect(system.timesReleased).toBe(1);
  memory.worked();
  await system.clock.advance(60_000);
  expect(system.timesReleased).toBe(2);
});
