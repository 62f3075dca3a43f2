import { expect, test } from "vitest";
import { FakeWorld } from "../testing/fake-world.ts";
import { RecordedProgress } from "../testing/recorded-progress.ts";
import { withLock } from "./lock.ts";

const never = new AbortController().signal;

function locked<T>(world: FakeWorld, progress: RecordedProgress, work: () => Promise<T>): Promise<T> {
  return withLock(world.host(), { path: "/lock", what: "machine m1", progress, signal: never }, work);
}

test("a second command waits for the first, and says so", async () => {
  const world = new FakeWorld();
  const progress = new RecordedProgress();
  const history: string[] = [];
  const first = locked(world, progress, async () => {
    await world.clock.delay(2_000, never);
    history.push("first");
  });
  const second = locked(world, progress, async () => void history.push("second"));
  await world.clock.settle(Promise.all([first, second]));
  expect(history).toEqual(["first", "second"]);
  expect(progress.rows).toEqual(["done: another command to be done with machine m1"]);
});

test("a command that is busy for minutes is an error of the one that waits", async () => {
  const world = new FakeWorld();
  const progress = new RecordedProgress();
  void locked(world, progress, () => new Promise<never>(() => undefined));
  await expect(world.clock.settle(locked(world, progress, async () => undefined))).rejects.toMatchObject({
    code: "busy",
  });
});

test("the lock is given back when the work fails", async () => {
  const world = new FakeWorld();
  const progress = new RecordedProgress();
  await expect(locked(world, progress, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(locked(world, progress, async () => "done")).resolves.toBe("done");
  expect(progress.rows).toEqual([]);
});
