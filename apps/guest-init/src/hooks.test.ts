import { beforeEach, expect, it } from "vitest";
import { assertHookSucceeded, awaitHook, startHook } from "./hooks.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
const SCRIPT = "/var/lib/boot2docker/bootsync.sh";

let system: FakeSystem;
beforeEach(() => {
  system = new FakeSystem();
});

it("a machine without a hook starts none", async () => {
  expect(await startHook("bootsync", "/log", system)).toBeUndefined();
  expect(system.history).toEqual([]);
});

it("a hook runs once in each boot, however often guest-init starts", async () => {
  system.content.set(SCRIPT, "echo hello\n");
  expect(await startHook("bootsync", "/log", system)).toBeDefined();
  expect(await startHook("bootsync", "/log", system.successor())).toBeUndefined();
  expect(system.history).toContain(`start /usr/bin/sh ${SCRIPT}`);
});

it("what a hook ended with is told, unless it is success", async () => {
  system.content.set(SCRIPT, "exit 3\n");
  const process = await startHook("bootsync", "/log", system);
  if (process === undefined) throw new Error("not started");
  system.running.get(process.pid)?.end("exit code 3");
  await expect(awaitHook("bootsync", process, system, never)).rejects.toThrow("bootsync.sh ended with exit code 3");
  // Also to whoever asks later in this boot.
  await expect(assertHookSucceeded("bootsync", system.successor())).rejects.toThrow("exit code 3");
  await expect(assertHookSucceeded("bootlocal", system)).resolves.toBeUndefined();
});
