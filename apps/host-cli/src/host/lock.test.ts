import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tryLock } from "./lock.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "b2d-lock-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

test("a lock is held by one until it is given back, and leaves one file", async () => {
  const path = join(dir, "lock");
  const first = await tryLock(path);
  expect(await tryLock(path)).toBeUndefined();
  expect(readdirSync(dir)).toEqual(["lock"]);
  await first?.[Symbol.asyncDispose]();
  const second = await tryLock(path);
  expect(second).toBeDefined();
  await second?.[Symbol.asyncDispose]();
});

test("a process killed with SIGKILL gives its lock back", async () => {
  const path = join(dir, "lock");
  const module = fileURLToPath(new URL("lock.ts", import.meta.url));
  const script = `import(${JSON.stringify(module)}).then(async ({ tryLock }) => {
    globalThis.lock = await tryLock(${JSON.stringify(path)});
    process.stdout.write("held");
    setInterval(() => undefined, 1000);
  });`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  expect(await tryLock(path)).toBeUndefined();
  child.kill("SIGKILL");
  await once(child, "exit");
  const lock = await tryLock(path);
  expect(lock).toBeDefined();
  await lock?.[Symbol.asyncDispose]();
});

test("a lock in a directory that is not there is an error, not a free lock", () => {
  expect(() => tryLock(join(dir, "none", "lock"))).toThrow();
});
