import { expect, test } from "vitest";
import { FakeWorld } from "../testing/fake-world.ts";
import { machineDir } from "../machine-dir/dir.ts";
import type { Observation } from "./observe.ts";
import { checkHope, waits } from "./readiness.ts";

const dir = machineDir(new FakeWorld().host(), "m1");
const on: Observation["vm"] = { state: "on", process: { pid: 7, startMark: "1", commandLine: "qemu" } };
const agent = { pid: 8, vmPid: 7, guestConnected: true };

test("each wait has a limit and a hint", () => {
  for (const wait of Object.values(waits)) {
    expect(wait.limitMs).toBeGreaterThan(0);
    expect(wait.hint(dir)).toMatch(/[.?]$/);
  }
});

test("no wait is met by a VM alone", () => {
  expect(Object.values(waits).filter((wait) => wait.isMet({ vm: on }))).toEqual([]);
});

test("there is no hope without a VM, and the error names both logs", () => {
  expect(() => checkHope({ vm: { state: "off" } }, dir)).toThrow(
    expect.objectContaining({ code: "vm-ended", hint: expect.stringContaining(dir.consoleLog) as string }),
  );
});

test("a port that the agent could not take is the error that the user sees", () => {
  const problems = [{ code: "port-taken", message: "port 1 is taken", hint: "h" }];
  expect(() => checkHope({ vm: on, agent: { ...agent, problems } }, dir)).toThrow(
    expect.objectContaining({ code: "port-taken", message: "port 1 is taken", hint: "h" }),
  );
});

test("a guest that starts slowly is no reason to give up", () => {
  expect(() => checkHope({ vm: on, agent }, dir)).not.toThrow();
});
