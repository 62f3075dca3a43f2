import { expect, test } from "vitest";
import { FakeScreen } from "../testing/fake-screen.ts";
import { liveRows } from "./live-rows.ts";
import { chooseStyle } from "./style.ts";

function open(columns = 60) {
  const screen = new FakeScreen();
  const time = { now: 0 };
  const ticks = new Set<() => void>();
  const rows = liveRows({
    write: (text) => screen.write(text),
    columns: () => columns,
    monotonicMs: () => time.now,
    every(_, work) {
      ticks.add(work);
      return () => void ticks.delete(work);
    },
    style: chooseStyle({ platform: "linux", env: { NO_COLOR: "1" } }),
  });
  const pass = (ms: number): void => {
    time.now += ms;
    for (const tick of ticks) tick();
  };
  return { screen, rows, ticks, pass };
}

test("a wait is one line that counts, and stays with its time when it is over", () => {
  const { screen, rows, pass } = open();
  const row = rows.progress.begin("guest said hello", 180_000);
  expect(screen.lines).toEqual(["| guest said hello  0 of 180 s"]);
  row.update("the kernel is starting");
  pass(12_340);
  expect(screen.lines).toEqual(["/ guest said hello  12 of 180 s  the kernel is starting"]);
  row.done();
  expect(screen.lines).toEqual(["+ guest said hello  12.3 s", ""]);
});

test("rows that go on at the same time stay below those that ended", () => {
  const { screen, rows, pass } = open();
  const outer = rows.progress.begin("image unpacked");
  const inner = rows.progress.begin("another command", 300_000);
  pass(1000);
  expect(screen.lines).toEqual(["/ image unpacked  1 s", "/ another command  1 of 300 s"]);
  inner.done();
  expect(screen.lines).toEqual(["+ another command  1.0 s", "/ image unpacked  1 s"]);
  outer.fail("disk full");
  expect(screen.lines).toEqual(["+ another command  1.0 s", "x image unpacked  1.0 s", ""]);
});

test("what is written meanwhile stays above the live lines", () => {
  const { screen, rows } = open();
  rows.progress.begin("image unpacked");
  rows.above(() => screen.write("a remark\n"));
  expect(screen.lines).toEqual(["a remark", "| image unpacked  0 s"]);
});

test("a live line never fills the last column: one that wraps could not be taken away", () => {
  const { screen, rows, pass } = open(20);
  const row = rows.progress.begin("guest said hello", 180_000);
  row.update("the kernel is starting");
  pass(1000);
  expect(screen.lines).toEqual(["/ guest said hello "]);
});

test("nothing ticks when nothing goes on", () => {
  const { rows, ticks } = open();
  const row = rows.progress.begin("engine ready");
  expect(ticks.size).toBe(1);
  row.done();
  expect(ticks.size).toBe(0);
});

test("a row ends once", () => {
  const { screen, rows } = open();
  const row = rows.progress.begin("engine ready");
  row.done();
  row.fail("too late");
  expect(screen.lines).toEqual(["+ engine ready  0.0 s", ""]);
});
