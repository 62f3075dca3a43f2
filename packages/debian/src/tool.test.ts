import { mkdtempDisposableSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runTool } from "./tool.ts";

const never = new AbortController().signal;
const sh = { command: "sh", package: "dash" };

test("a program that is missing is told with its Debian package", async () => {
  await expect(runTool({ command: "no-such-tool", package: "toolbox" }, [], {}, never)).rejects.toThrow(
    "no-such-tool is missing: install Debian's toolbox",
  );
});

test("a failure carries the program's last words", async () => {
  await expect(runTool(sh, ["-c", "echo disk full >&2; exit 3"], {}, never)).rejects.toThrow(
    /failed \(3\):\ndisk full/,
  );
});

test("a program that does not want its input is judged by how it ends", async () => {
  async function* endless() {
    for (let sent = 0; sent < 1000; sent += 1) yield new Uint8Array(1 << 16);
  }
  await expect(runTool(sh, ["-c", "exit 0"], { input: endless() }, never)).resolves.toBe("");
});

test("an input that fails ends the program and is the error", async () => {
  async function* broken() {
    yield new Uint8Array(1);
    throw new Error("cannot read /x");
  }
  await expect(runTool({ command: "cat", package: "coreutils" }, [], { input: broken() }, never)).rejects.toThrow(
    "cannot read /x",
  );
});

test("bytes that are no text go into a file as they are", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "tool-test-"));
  const path = join(folder.path, "out");
  await runTool(sh, ["-c", "printf '\\377\\000\\n\\r'"], { outputFile: path }, never);
  expect([...readFileSync(path)]).toEqual([0xff, 0, 0x0a, 0x0d]);
});

test("an aborted signal ends the program", async () => {
  const controller = new AbortController();
  const running = runTool({ command: "sleep", package: "coreutils" }, ["600"], {}, controller.signal);
  controller.abort();
  await expect(running).rejects.toThrow("abort");
});
