import { expect, test } from "vitest";
import { machineDir } from "../machine-dir/dir.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { markOf } from "./login-entry.ts";

test.each(["/a--b", "/a---b", "/a & b <c>", "/é\n", 'C:\\Users\\"x"'])("the mark of %j breaks no comment", (path) => {
  const world = new FakeWorld();
  world.env["BOOT2DOCKER_DIR"] = path;
  expect(markOf(machineDir(world.host(), "m1"))).toMatch(/^(?!.*--)[ -~]+$/);
  expect(markOf(machineDir(world.host(), "m1"))).not.toMatch(/[&<>"]/);
});
