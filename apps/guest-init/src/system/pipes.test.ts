import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPipes } from "./pipes.ts";

const makePipe = (path: string): void => void execFileSync("mkfifo", [path]);
const pipes = openPipes({ makePipe });
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pipes-test-"));
  path = join(folder, "pipe");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("what is held with a pipe", () => {
  it("is held as long as somebody has it open to write", async () => {
    makePipe(path);
    const holder = openSync(path, constants.O_RDWR);
    let isReleased = false;
    const released = pipes.released(path).then(() => {
      isReleased = true;
    });
    await delay(50);
    expect(isReleased).toBe(false);
    closeSync(holder);
    await released;
  });

  it("is not held by who is gone already, nor without a pipe", async () => {
    makePipe(path);
    await pipes.released(path);
    await pipes.released(join(folder, "none"));
  });
});

it("lines are heard whole, whoever writes them", async () => {
  const heard: string[] = [];
  const both = Promise.withResolvers<undefined>();
  await pipes.listen(path, (line) => {
    heard.push(line);
    if (heard.length === 2) both.resolve(undefined);
  });
  for (const line of ["first line\n", "second line\n"]) {
    const fd = openSync(path, constants.O_WRONLY);
    writeSync(fd, line);
    closeSync(fd);
  }
  await both.promise;
  expect(heard).toEqual(["first line", "second line"]);
});

it("a line is told to who reads, and not to nobody", async () => {
  makePipe(path);
  expect(await pipes.tell(path, "lost")).toBe(false);
  expect(await pipes.tell(join(folder, "none"), "lost")).toBe(false);
  const reader = openSync(path, constants.O_RDWR);
  expect(await pipes.tell(path, "no,\nbecause")).toBe(true);
  closeSync(reader);
});
