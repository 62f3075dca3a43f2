import { errorCodes, RpcError } from "@boot2docker/protocol";
import { expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { FakeDisk, filesOn } from "../testing/fake-files.ts";
import { followLog, type FollowOptions, lastLines } from "./follow-log.ts";
import { hostLog, type LogSource } from "./log-source.ts";

const path = "/machine/console.log";

function open(text: string) {
  const clock = new FakeClock();
  const disk = new FakeDisk(() => clock.now());
  disk.put(path, text);
  const source = hostLog(filesOn(disk), path);
  const said: string[] = [];
  const read = async (options: FollowOptions, signal = new AbortController().signal): Promise<string> => {
    said.length = 0;
    for await (const piece of followLog(source, options, clock, signal)) said.push(piece);
    return said.join("");
  };
  return { clock, disk, said, read };
}

test("without following, the log is read to its end", async () => {
  const long = Array.from({ length: 20_000 }, (_, index) => `line ${index} ä€🐳\n`).join("");
  expect(await open(long).read({ isFollowing: false })).toBe(long);
  expect(await open("").read({ isFollowing: false })).toBe("");
});

test.each([
  ["a\nb\nc\n", 2, "b\nc\n"],
  ["a\nb\nc", 2, "b\nc"],
  ["a\nb\n", 2, "a\nb\n"],
  ["a\nb\n", 9, "a\nb\n"],
  ["a\n\n\n", 2, "\n\n"],
  ["a\nb\n", 0, ""],
  ["", 3, ""],
])("the last lines of %j, %d of them, are %j", (text, count, last) => {
  expect(lastLines(text, count)).toBe(last);
});

test("the last lines are found however far back they begin", async () => {
  const lines = Array.from({ length: 50 }, (_, index) => `${index} ${"x".repeat(9000)}\n`);
  const { read } = open(lines.join(""));
  expect(await read({ lines: 3, isFollowing: false })).toBe(lines.slice(-3).join(""));
  expect(await read({ lines: 40, isFollowing: false })).toBe(lines.slice(-40).join(""));
  expect(await read({ lines: 99, isFollowing: false })).toBe(lines.join(""));
});

test("following shows what is added, and what comes after the log was begun anew", async () => {
  const { clock, disk, said, read } = open("old\nnew\n");
  const end = new AbortController();
  const following = read({ lines: 1, isFollowing: true }, end.signal);
  await clock.pass(2000);
  disk.put(path, "old\nnew\nadded\n");
  await clock.pass(2000);
  disk.put(path, "anew\n");
  await clock.pass(2000);
  expect(said).toEqual(["new\n", "added\n", "anew\n"]);
  end.abort(new Error("Ctrl-C"));
  await expect(clock.settle(following)).rejects.toThrow("Ctrl-C");
});

test("following waits for a guest that is away, and ends with its machine", async () => {
  const clock = new FakeClock();
  const said: string[] = [];
  const answers = ["one\n", undefined, undefined, "two\n", undefined];
  let isOn = true;
  const source: LogSource = {
    read: async (offset) => {
      const text = answers.shift();
      if (text === undefined) throw new RpcError(errorCodes.closed, "the guest is away");
      if (answers.length === 1) isOn = false;
      return { text, nextOffset: offset + text.length };
    },
    isOn: async () => isOn,
  };
  const read = async () => {
    const { signal } = new AbortController();
    for await (const piece of followLog(source, { isFollowing: true }, clock, signal)) said.push(piece);
  };
  await clock.settle(read());
  expect(said).toEqual(["one\n", "two\n"]);
});

test("what is no absence ends the following", async () => {
  const source: LogSource = {
    read: async () => {
      throw new RpcError(errorCodes.internal, "EIO");
    },
    isOn: async () => true,
  };
  const { signal } = new AbortController();
  const read = async () => {
    for await (const piece of followLog(source, { isFollowing: true }, new FakeClock(), signal)) expect(piece).toBe("");
  };
  await expect(read()).rejects.toThrow("EIO");
});
