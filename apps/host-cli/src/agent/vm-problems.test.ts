import { expect, test } from "vitest";
import { vmProblems } from "./vm-problems.ts";

test.each(["running", "prelaunch", "inmigrate", "shutdown"])("%s is no problem", (state) => {
  expect(vmProblems(state, "[ 1.2] Kernel panic - not syncing: VFS\r\n")).toEqual([]);
});

test.each([
  ["io-error", "the host's disk is full"],
  ["internal-error", "accelerator could not execute"],
  ["guest-panicked", "the VM is stopped: Kernel panic - not syncing: VFS"],
  ["paused", "the VM is stopped: Kernel panic - not syncing: VFS"],
])("%s is told as %s", (state, words) => {
  expect(vmProblems(state, "[ 1.2] Kernel panic - not syncing: VFS\r\n")).toMatchObject([
    { message: expect.stringContaining(words) as string },
  ]);
});

test("a VM that somebody paused is told as paused", () => {
  expect(vmProblems("paused", "login:")).toEqual([
    { code: "vm-paused", message: "the VM does not run: its state is paused" },
  ]);
});
