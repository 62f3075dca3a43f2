import { expect, test } from "vitest";
import { FakeWorld } from "../testing/fake-world.ts";
import { checkSocketPaths, isMachineName, machineDir, rootDir } from "./dir.ts";
import { machineFiles } from "./files.ts";

test.each(["boot2docker", "a", "0", "m-1", "x".repeat(63)])("%s is a machine name", (name) => {
  expect(isMachineName(name)).toBe(true);
});

test.each(["", "-a", "a-", "A", "a.b", "a/b", "..", "a b", "a\n", "é", "x".repeat(64)])(
  "%j is no machine name and ends with exit code 2",
  (name) => {
    expect(() => machineDir(new FakeWorld().host(), name)).toThrow(
      expect.objectContaining({ code: "machine-name", exitCode: 2 }),
    );
  },
);

test("the root is ~/.boot2docker unless BOOT2DOCKER_DIR moves it", () => {
  const world = new FakeWorld();
  expect(rootDir(world.host()).path).toBe("/root-dir");
  delete world.env["BOOT2DOCKER_DIR"];
  expect(rootDir(world.host()).path).toBe("/home/user/.boot2docker");
});

test("a relative BOOT2DOCKER_DIR is refused: the agent works elsewhere than the command", () => {
  const world = new FakeWorld();
  world.env["BOOT2DOCKER_DIR"] = "machines";
  expect(() => rootDir(world.host())).toThrow(
    expect.objectContaining({ code: "root-directory-relative", exitCode: 2 }),
  );
});

test("a socket path that the system can't take is refused with the longest one named", () => {
  const world = new FakeWorld();
  const longest = Object.values<{ path: string; kind: string; spareBytes?: number }>(machineFiles)
    .filter(({ kind }) => kind === "socket")
    .reduce((length, { path, spareBytes = 0 }) => Math.max(length, path.length + spareBytes), 0);
  const room = 107 - longest - "/machines/m1/".length;
  world.env["BOOT2DOCKER_DIR"] = `/${"d".repeat(room - 1)}`;
  const host = world.host();
  expect(() => checkSocketPaths(host, machineDir(host, "m1"))).not.toThrow();
  expect(() => checkSocketPaths(host, machineDir(host, "m12"))).toThrow(
    expect.objectContaining({ code: "path-too-long" }),
  );
});

test("no two files of a machine have the same name", () => {
  const paths = Object.values(machineFiles).map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
});
