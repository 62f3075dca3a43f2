import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { formatLine, openLog } from "./log.ts";

const now = (): Date => new Date("2026-01-01T00:00:00Z");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "log-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const messages = (name: string): string[] =>
  readFileSync(join(folder, name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.slice(30));

it("a line has time, level, message and fields", () => {
  expect(formatLine(now(), "info", "phase done", { phase: "network", durationMs: 12, said: 'a "b"' })).toBe(
    '2026-01-01T00:00:00.000Z info phase done phase=network durationMs=12 said="a \\"b\\""\n',
  );
});

it("what is written before there is a file is not lost, nor is it when the file moves", () => {
  const log = openLog(now);
  log.info("one");
  log.moveTo(join(folder, "early"));
  log.info("two");
  log.moveTo(join(folder, "disk", "late"));
  log.info("three");
  expect(messages("disk/late")).toEqual(["one", "two", "three"]);
  expect(() => messages("early")).toThrow("ENOENT");
});

it("goes on at the end of a log that is there", () => {
  const first = openLog(now);
  first.moveTo(join(folder, "log"));
  first.info("one");
  const second = openLog(now);
  second.info("two");
  second.moveTo(join(folder, "log"));
  second.moveTo(join(folder, "log"));
  expect(messages("log")).toEqual(["one", "two"]);
});

it("writes to no file after it was detached", () => {
  const log = openLog(now);
  log.moveTo(join(folder, "log"));
  log.detach();
  log.info("late");
  expect(messages("log")).toEqual([]);
});
