import { expect, test } from "vitest";
import { runInWorld } from "../testing/run-in-world.ts";
import { worldWithMachine } from "../testing/world-with-machine.ts";

/** Copying itself is tested beside it, and with a real ssh server in a VM. */
test.each([
  ["cp", 2, "cp: what, and where to?"],
  ["cp m1:a", 2, "cp: what, and where to?"],
  ["cp a b", 2, "cp: none of these is in a machine"],
  ["cp ./m1:a b", 2, "cp: none of these is in a machine"],
  ["cp  m1:", 2, "cp: one of the paths is empty"],
  ["scp -r none-such:a .", 3, "there is no machine none-such"],
  ["cp a :", 3, "there is no machine boot2docker"],
  ["cp a m1:", 3, "machine m1 is stopped"],
])("boot2docker %s", async (line, code, message) => {
  const { world } = await worldWithMachine();
  const said = await runInWorld(world, line.split(" "));
  expect(said).toMatchObject({ code, stdout: "" });
  expect(said.stderr).toContain(message);
});
