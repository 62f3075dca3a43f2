import { expect, test } from "vitest";
import { chooseStyle } from "./style.ts";

test("NO_COLOR takes the colours and leaves the marks", () => {
  const env = { LANG: "C.UTF-8" };
  expect(chooseStyle({ platform: "linux", env: { ...env, NO_COLOR: "1" } })).toMatchObject({ done: "✓", failed: "✗" });
  expect(chooseStyle({ platform: "linux", env: { ...env, NO_COLOR: "" } }).done).toBe("\x1b[32m✓\x1b[0m");
});

test.each([
  ["a UTF-8 locale", "linux", { LANG: "en_US.UTF-8" }, "✓"],
  ["the locale that overrules", "linux", { LANG: "en_US.UTF-8", LC_ALL: "C" }, "+"],
  ["no locale", "linux", {}, "+"],
  ["the Linux console", "linux", { LANG: "C.UTF-8", TERM: "linux" }, "+"],
  ["Windows Terminal", "win32", { WT_SESSION: "1" }, "✓"],
  ["Windows' old console", "win32", { LANG: "C.UTF-8" }, "+"],
] as const)("%s has the characters it can show", (_, platform, env, done) => {
  expect(chooseStyle({ platform, env: { ...env, NO_COLOR: "1" } }).done).toBe(done);
});
