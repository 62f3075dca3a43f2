import { expect, test } from "vitest";
import { machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";
import { parseMachineConfig, readMachineConfig } from "./config-file.ts";

test("what was written is read again", async () => {
  const { world, dir } = await worldWithMachine();
  expect(await readMachineConfig(world.host(), dir)).toEqual(machineConfig);
});

test("all problems of a file come at once, each with its path", () => {
  const text = JSON.stringify({ formatVersion: 1, ...machineConfig, cpus: 0, sshPort: "22" });
  expect(() => parseMachineConfig(text, "/m/machine.json")).toThrow(
    "cannot read the machine's settings in /m/machine.json: cpus: expected at least 1; sshPort: expected number",
  );
});

test("a file of a later format is refused rather than half understood", () => {
  const text = JSON.stringify({ formatVersion: 2, ...machineConfig });
  expect(() => parseMachineConfig(text, "f")).toThrow(expect.objectContaining({ code: "config-unreadable" }));
});

test("unknown settings of a newer minor version are ignored", () => {
  const text = JSON.stringify({ formatVersion: 1, ...machineConfig, colour: "blue" });
  expect(parseMachineConfig(text, "f")).toEqual(machineConfig);
});
