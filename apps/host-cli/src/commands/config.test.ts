import { beforeEach, expect, test } from "vitest";
import type { MachineDir } from "../machine-dir/dir.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld, type Typist } from "../testing/run-in-world.ts";
import { worldWithMachine } from "../testing/world-with-machine.ts";

let world: FakeWorld;
let dir: MachineDir;
beforeEach(async () => {
  ({ world, dir } = await worldWithMachine());
});

const run = (line: string, typist?: Typist) => runInWorld(world, line.split(" "), typist);
const file = (): string => world.disk.text(dir.config) ?? "";
/** The user's editor puts one text for another, once for each of these. */
function types(...edits: [from: string, to: string][]): void {
  world.onTerminal = (line, [path = ""]) => {
    world.editors.push(line);
    const [from = "", to = ""] = edits.shift() ?? [];
    world.disk.put(path, (world.disk.text(path) ?? "").replace(from, to));
    return 0;
  };
}

test("config prints what the file says, without what is the file's own", async () => {
  expect(JSON.parse((await run("config m1")).stdout)).toEqual({
    cpus: 2,
    memory: "2g",
    diskSize: "8g",
    dockerPort: 23760,
    sshPort: 23761,
  });
  expect(await run("cfg")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("no machine boot2docker") as string,
  });
  expect((await run("config --defaults")).stdout).toBe("{}\n");
});

test("the schema is JSON, of both files", async () => {
  expect(JSON.parse((await run("config schema")).stdout)).toMatchObject({
    required: expect.arrayContaining(["cpus"]) as string[],
  });
  expect(JSON.parse((await run("config schema --defaults")).stdout)).not.toHaveProperty("properties.sshPort");
});

test("edit changes the machine as its user has edited the text", async () => {
  world.env["EDITOR"] = "nano -w";
  types(['"2g"', '"1g"']);
  expect(await run("config edit m1", { answer: "" })).toEqual({ code: 0, stdout: "", stderr: "memory: 2g → 1g\n" });
  expect(world.editors).toEqual(["nano -w"]);
  expect(JSON.parse(file())).toMatchObject({ memory: "1g" });
  expect(world.disk.text(dir.configDraft)).toBeUndefined();
});

test("a text that can't be used is edited again, or kept for the next time", async () => {
  types(['"2g"', '"lots"'], ["lots", "3g"]);
  const again = await run("config edit m1", { answer: "y" });
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining("memory: expected a size") as string });
  expect(JSON.parse(file())).toMatchObject({ memory: "3g" });

  types(['"3g"', '"lots"']);
  expect(await run("config edit m1", { answer: "n" })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`Your text is kept in ${dir.configRejected}`) as string,
  });
  expect(JSON.parse(file())).toMatchObject({ memory: "3g" });
  expect(world.disk.text(dir.configRejected)).toContain("lots");
  expect(world.disk.text(dir.configDraft)).toBeUndefined();
  // The next edit begins with what is so then.
  types(['"3g"', '"4g"']);
  expect(await run("config edit m1", { answer: "n" })).toMatchObject({ code: 0, stderr: "memory: 3g → 4g\n" });
});

test.each([
  ["nothing is typed", "", "nothing was changed"],
  ["the text is emptied", undefined, "nothing was changed"],
])("when %s nothing is changed", async (_, to, message) => {
  const before = file();
  types(to === undefined ? [before, ""] : ["", to]);
  expect(await run("config edit m1", { answer: "n" })).toMatchObject({ code: 0, stderr: `${message}\n` });
  expect(file()).toBe(before);
});

test("a file that can't be read is edited as the text that it is", async () => {
  const good = file();
  world.disk.put(dir.config, good.replace("{", "{{"));
  types(["{{", "{"]);
  expect(await run("config edit m1", { answer: "n" })).toMatchObject({
    code: 0,
    stderr: "the settings of m1 can be read again\n",
  });
  expect(JSON.parse(file())).toEqual(JSON.parse(good));
  world.disk.put(dir.config, good.replace("{", "{{"));
  types(["{{", "["]);
  expect(await run("config edit m1", { answer: "n" })).toMatchObject({ code: 2 });
  expect(file()).toContain("{{");
});

test("what the file has of a newer version, or for an editor, stays in it", async () => {
  world.disk.put(dir.config, file().replace("{", '{"$schema": "s", "colour": "blue",'));
  await run("set m1 cpus=1");
  expect(JSON.parse(file())).toMatchObject({ $schema: "s", colour: "blue", cpus: 1 });
  types(['"s"', '"t"']);
  expect(await run("config edit m1", { answer: "n" })).toMatchObject({ code: 0 });
  expect(JSON.parse(file())).toMatchObject({ $schema: "t", colour: "blue" });
});

test("an editor that fails, and no terminal, leave all as it was", async () => {
  const before = file();
  world.onTerminal = () => 1;
  expect(await run("config edit m1", { answer: "n" })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("vi ended with 1: the settings of m1 stay as they were") as string,
  });
  expect(await run("config edit m1")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("no terminal") as string,
  });
  expect(file()).toBe(before);
});

test("what another command changed meanwhile is not written over", async () => {
  world.onTerminal = (_, [path = ""]) => {
    world.disk.put(dir.config, file().replace('"cpus": 2', '"cpus": 3'));
    world.disk.put(path, (world.disk.text(path) ?? "").replace('"2g"', '"1g"'));
    return 0;
  };
  expect(await run("config edit m1", { answer: "n" })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("were changed while you edited them") as string,
  });
  expect(JSON.parse(file())).toMatchObject({ cpus: 3, memory: "2g" });
});

test("defaults are edited, too, also where there is nothing yet", async () => {
  world = new FakeWorld();
  types(["{}", '{"cpus": 1, "sshPort": 1}'], [', "sshPort": 1', ""]);
  expect(await run("config edit --defaults", { answer: "y" })).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("sshPort: expected one of cpus") as string,
  });
  expect(JSON.parse(world.disk.text("/root-dir/defaults.json") ?? "")).toEqual({ cpus: 1 });
});
