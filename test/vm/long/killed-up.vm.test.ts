import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cliFile, makeSandbox, type Sandbox } from "../../harness/machine.ts";

let box: Sandbox;
beforeEach(async () => {
  box = await makeSandbox();
});
afterEach(async () => box[Symbol.asyncDispose]());

/** Each row of progress is a step that `up` says it has begun: killing it there is killing it in that step. */
test("`up` killed at any of its steps: finished by the next one", async () => {
  const names = await stepNames();
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) {
    await killUpAt(name);
    await box.ok("up");
    expect(await box.dockerOk(["version", "--format", "{{.Server.Os}}"])).toBe("linux");
    await box.ok("delete", "--yes", "boot2docker");
  }
}, 1_500_000);

/** Runs `up` once to its end and returns the rows it showed, in order. */
async function stepNames(): Promise<string[]> {
  const ran = await box.cli("up");
  expect(ran.code).toBe(0);
  await box.ok("delete", "--yes", "boot2docker");
  return [...new Set([...ran.stderr.matchAll(/^(.+?)(?: \(up to \d+ s\))? \.\.\.$/gm)].map(([, name]) => name ?? ""))];
}

async function killUpAt(name: string): Promise<void> {
  // Deleting a machine keeps it, and with it there would be nothing to unpack.
  rmSync(join(box.root, ".boot2docker", "images"), { recursive: true, force: true });
  const up = spawn(process.execPath, [cliFile, "up"], { env: box.env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  for await (const chunk of up.stderr) {
    said += String(chunk);
    if (said.includes(`\n${name}`) || said.startsWith(name)) {
      up.kill("SIGKILL");
      break;
    }
  }
  if (up.exitCode === null && up.signalCode === null) await once(up, "exit");
  expect(said).toContain(name);
}
