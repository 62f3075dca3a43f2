import { spawn } from "node:child_process";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeProcesses as processes } from "./processes.ts";

const never = new AbortController().signal;
const node = process.execPath;
let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "b2d-processes-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

test("a program's code and both outputs come back", async () => {
  const script = "console.log('out'); console.error('err'); process.exit(33)";
  expect(await processes.run(node, ["-e", script], never)).toEqual({ code: 33, stdout: "out\n", stderr: "err\n" });
});

test("a program ended by a signal has no code", async () => {
  expect(await processes.run(node, ["-e", "process.kill(process.pid, 'SIGKILL')"], never)).toMatchObject({
    code: null,
  });
});

test("a program that is not there is an error with its name", async () => {
  await expect(processes.run("/nowhere/qemu", [], never)).rejects.toThrow("/nowhere/qemu");
});

test("a run that is aborted is killed", async () => {
  const controller = new AbortController();
  const running = processes.run(node, ["-e", "setInterval(() => {}, 1000)"], controller.signal);
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("was stopped");
});

test("a detached process is identified by number, start and command line, until it is killed", async () => {
  const started = await processes.startDetached(node, ["-e", "setInterval(() => {}, 1000)"], join(dir, "log"));
  const found = await processes.identify(started.pid);
  expect(found?.startMark).toBe(started.startMark);
  expect(found?.commandLine).toContain("setInterval");
  expect(await processes.kill({ ...started, startMark: "another process" }, "kill")).toBe(false);
  expect(await processes.identify(started.pid)).toBeDefined();
  expect(await processes.kill(started, "kill")).toBe(true);
  while ((await processes.identify(started.pid)) !== undefined) await setImmediate();
  expect(await processes.kill(started, "kill")).toBe(false);
});

test("what a detached process says is in its log, and what it makes is private", async () => {
  const script = `console.error('said'); require('node:fs').writeFileSync(${JSON.stringify(join(dir, "made"))}, '')`;
  const started = await processes.startDetached(node, ["-e", script], join(dir, "log"));
  while ((await processes.identify(started.pid)) !== undefined) await setImmediate();
  expect(readFileSync(join(dir, "log"), "utf8")).toBe("said\n");
  expect(statSync(join(dir, "made")).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, "log")).mode & 0o777).toBe(0o600);
});

test("a zombie does not run", async () => {
  // The shell becomes a sleep, which never asks for the shell's child when that ends with its input.
  const child = spawn("sh", ["-c", "cat <&3 & echo $!; exec sleep 60 3<&-"], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  if (child.stdout === null) throw new Error("no pipe");
  const [text] = (await once(child.stdout, "data")) as [Buffer]; // What a readable emits without an encoding.
  const pid = Number(text.toString());
  const stateOf = (other: number) => readFileSync(`/proc/${other}/stat`, "utf8");
  while (!stateOf(child.pid ?? 0).includes("(sleep)")) await setImmediate();
  child.stdio[3]?.destroy();
  while (!stateOf(pid).includes(") Z ")) await setImmediate();
  expect(await processes.identify(pid)).toBeUndefined();
  child.kill("SIGKILL");
  await once(child, "exit");
});

test("a program is found on the search path, and only there", async () => {
  expect(await processes.find("sh")).toMatch(/\/sh$/);
  expect(await processes.find("no-such-program-anywhere")).toBeUndefined();
});
