import { expect, test } from "vitest";
import { plainRows } from "./plain-rows.ts";

function show(isVerbose: boolean): string {
  let text = "";
  let now = 0;
  const rows = plainRows({ write: (line) => void (text += line), monotonicMs: () => now, isVerbose });
  const hello = rows.begin("guest said hello", 180_000);
  now = 12_340;
  hello.update("the kernel is starting");
  hello.update("the kernel is starting");
  hello.done();
  const vm = rows.begin("VM started");
  vm.done("kvm");
  rows.begin("engine ready", 1000).fail("no more hope");
  return text;
}

test("each row has a line for its begin with the limit, and one for its end with the time", () => {
  expect(show(false).split("\n")).toEqual([
    "guest said hello (up to 180 s) ...",
    "guest said hello: done in 12.3 s",
    "VM started ...",
    "VM started: done in 0.0 s (kvm)",
    "engine ready (up to 1 s) ...",
    "engine ready: failed after 0.0 s",
    "",
  ]);
});

test("-v also shows each change and why a row failed", () => {
  expect(show(true).split("\n")).toEqual([
    "guest said hello (up to 180 s) ...",
    "guest said hello: the kernel is starting",
    "guest said hello: done in 12.3 s",
    "VM started ...",
    "VM started: done in 0.0 s (kvm)",
    "engine ready (up to 1 s) ...",
    "engine ready: failed after 0.0 s (no more hope)",
    "",
  ]);
});
