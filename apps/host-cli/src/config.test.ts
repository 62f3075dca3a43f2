import { expect, test } from "vitest";
import { parseFlags, resolveSettings as resolve, type Sources } from "./config.ts";

const path = "/home/user/.boot2docker/defaults.json";
const bases = { homeDir: "/home/user", workingDir: "/home/user/project" };
const resolveSettings = (sources: Sources) => resolve(sources).request;
const nothing: Sources = { flags: {}, env: {}, file: { path }, hostCpus: 16, bases };

test("without any source the built-in settings are used", () => {
  expect(resolveSettings(nothing)).toEqual({ cpus: 4, memoryMiB: 2048, diskBytes: 20 * 2 ** 30 });
});

test("a small host gives all the processors it has", () => {
  expect(resolveSettings({ ...nothing, hostCpus: 2 }).cpus).toBe(2);
});

test("flags come before the environment, that before the file, and that before what is built in", () => {
  const file = { path, text: '{"cpus": 1, "memory": "1g", "diskSize": "30g"}' };
  const env = { BOOT2DOCKER_CPUS: "2", BOOT2DOCKER_MEMORY: "3g" };
  const flags = { cpus: "3" };
  expect(resolveSettings({ ...nothing, file })).toMatchObject({ cpus: 1, memoryMiB: 1024, diskBytes: 30 * 2 ** 30 });
  expect(resolveSettings({ ...nothing, file, env })).toMatchObject({ cpus: 2, memoryMiB: 3072 });
  expect(resolveSettings({ ...nothing, file, env, flags })).toMatchObject({ cpus: 3, memoryMiB: 3072 });
});

test("numbers of the file are taken as the same texts on the command line are", () => {
  expect(resolveSettings({ ...nothing, file: { path, text: '{"memory": 4096}' } }).memoryMiB).toBe(4096);
});

test("the file may hold folders and settings of the engine; flags add to these and replace those", () => {
  const text = JSON.stringify({
    folders: ["~/src", "/srv/data:ro"],
    engine: { daemon: { debug: true, labels: ["a=1"] }, env: { A: "1" } },
  });
  const file = { path, text };
  expect(resolveSettings({ ...nothing, file })).toMatchObject({
    folders: [
      { path: "/home/user/src", readOnly: false },
      { path: "/srv/data", readOnly: true },
    ],
    engine: { daemon: { debug: true, labels: ["a=1"] }, env: { A: "1" } },
  });
  const flags = { mount: ["/opt/x"], engineLabel: ["b=2"], engineEnv: ["B=2"] };
  const { request, from } = resolve({ ...nothing, file, flags, env: { BOOT2DOCKER_CPUS: "2" } });
  expect(request).toMatchObject({
    folders: [{ path: "/opt/x" }],
    engine: { daemon: { debug: true, labels: ["b=2"] }, env: { A: "1", B: "2" } },
  });
  expect(Object.fromEntries(from)).toEqual({
    cpus: "BOOT2DOCKER_CPUS",
    folders: "--mount",
    "engine.daemon.debug": path,
    "engine.daemon.labels": "--engine-…",
    "engine.env.A": path,
    "engine.env.B": "--engine-…",
  });
});

test("in a file a folder is a whole path, and the engine's settings have their form", () => {
  const text = JSON.stringify({ folders: ["src", "/etc", 1], engine: { env: { A: 1 }, daemon: 2 } });
  expect(String(thrownBy(() => resolveSettings({ ...nothing, file: { path, text } })))).toContain(
    [
      `  ${path}: folders.0: expected a path from / or ~, with :ro or :watch behind it where that is meant`,
      `  ${path}: folders.1: /etc is the machine's own: choose another folder`,
      `  ${path}: folders.2: expected a path from / or ~, with :ro or :watch behind it where that is meant`,
      `  ${path}: engine.daemon: expected record`,
      `  ${path}: engine.env.A: expected string`,
    ].join("\n"),
  );
  expect(String(thrownBy(() => resolveSettings({ ...nothing, file: { path, text: '{"folders": "~"}' } })))).toContain(
    `${path}: folders: expected a list`,
  );
});

test("an empty variable is none", () => {
  expect(resolveSettings({ ...nothing, env: { BOOT2DOCKER_MEMORY: "" } }).memoryMiB).toBe(2048);
});

test("ports are there only when they were given", () => {
  expect(resolveSettings({ ...nothing, env: { BOOT2DOCKER_SSH_PORT: "2022" } })).toMatchObject({ sshPort: 2022 });
  expect(resolveSettings(nothing)).not.toHaveProperty("dockerPort");
});

test("the problems of all sources are reported at once, each with its place", () => {
  const sources: Sources = {
    flags: { memory: "64", diskSize: "1m", dockerPort: "3000", sshPort: "3000" },
    env: { BOOT2DOCKER_CPUS: "many", BOOT2DOCKER_MEMORY: "lots" },
    file: { path, text: '{"cpus": 0, "memroy": "2g", "dockerPort": 4000, "diskSize": null}' },
    hostCpus: 4,
    bases,
  };
  expect(thrownBy(() => resolveSettings(sources))).toMatchObject({
    code: "settings-invalid",
    exitCode: 2,
    message: [
      "these settings can't be used:",
      `  ${path}: memroy: expected one of cpus, memory, diskSize, publish, inherit, folders, engine`,
      `  ${path}: dockerPort: expected one of cpus, memory, diskSize, publish, inherit, folders, engine`,
      `  ${path}: cpus: expected a whole number from 1 to 256`,
      `  ${path}: diskSize: expected a text or a number`,
      "  BOOT2DOCKER_CPUS=many: expected a whole number from 1 to 256",
      "  BOOT2DOCKER_MEMORY=lots: expected a size, for example 2048 (MiB) or 2g",
      "  --memory 64: expected at least 512 MiB",
      "  --disk-size 1m: expected at least 1 GiB",
      "  --docker-port and --ssh-port: both are 3000",
    ].join("\n"),
  });
});

test.each(["[1]", "null", '"text"', "{"])("a defaults file with %j is refused by its path", (text) => {
  const error = thrownBy(() => resolveSettings({ ...nothing, file: { path, text } }));
  expect(error).toMatchObject({ exitCode: 2 });
  expect(String(error)).toContain(path);
});

test("only what was asked for on the command line is among the flags' values", () => {
  expect(parseFlags({ memory: "2g" }, bases)).toEqual({
    values: { memory: 2048 },
    engine: undefined,
    folders: undefined,
  });
  expect(thrownBy(() => parseFlags({ cpus: "0", sshPort: "22" }, bases))).toMatchObject({ exitCode: 2 });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
