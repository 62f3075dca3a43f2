import { expect, test } from "vitest";
import { machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";
import {
  checkMachineDocument,
  type HostFolder,
  parseMachineConfig,
  readMachineConfig,
  toDocument,
} from "./config-file.ts";

test("what was written is read again", async () => {
  const { world, dir } = await worldWithMachine();
  expect(await readMachineConfig(world.host(), dir)).toEqual(machineConfig);
});

const document = toDocument(machineConfig);
const parse = (changed: object) =>
  parseMachineConfig(JSON.stringify({ ...document, ...changed }), "/m/machine.json", "/home/user");

test("the file has what the user knows: sizes with their unit, folders as they are written on the command line", () => {
  const folders: HostFolder[] = [
    { path: "/home/user", readOnly: false, watch: true },
    { path: "/srv", readOnly: true },
  ];
  expect(toDocument({ ...machineConfig, folders })).toEqual({
    formatVersion: 1,
    cpus: 2,
    memory: "2g",
    diskSize: "8g",
    dockerPort: 23760,
    sshPort: 23761,
    folders: ["/home/user:watch", "/srv:ro"],
  });
  expect(parse({ folders: ["~:watch", "/srv:ro"] }).folders).toEqual(folders);
});

test("all problems of a file come at once, each with its path", () => {
  expect(() => parse({ cpus: 0, sshPort: "22", memory: undefined, dynamicPorts: { first: 1 } })).toThrow(
    "cannot read the machine's settings in /m/machine.json: cpus: expected a whole number from 1 to 256; " +
      "sshPort: expected a whole number from 1024 to 65535; " +
      "dynamicPorts.last: expected number; memory: is missing",
  );
});

test("a file of a later format is refused rather than half understood", () => {
  expect(() => parse({ formatVersion: 2 })).toThrow(expect.objectContaining({ code: "config-unreadable" }));
});

test("unknown settings of a newer minor version are ignored, but refused when somebody writes them now", () => {
  expect(parse({ colour: "blue" })).toEqual(machineConfig);
  expect(checkMachineDocument({ ...document, colour: "blue", cpus: 0 }, "/home/user")).toEqual({
    problems: [
      "cpus: expected a whole number from 1 to 256",
      "colour: expected one of cpus, memory, diskSize, dockerPort, sshPort, publish, inherit, folders, engine",
    ],
  });
  expect(checkMachineDocument({ ...document, $schema: "x" }, "/home/user")).toEqual({
    config: { ...machineConfig, $schema: "x" },
  });
});

test("a small disk that is there is no problem", () => {
  expect(parse({ diskSize: "512b" }).diskBytes).toBe(512);
});
