import { expect, test } from "vitest";
import { runInWorld } from "../testing/run-in-world.ts";
import { bringUp, worldWithMachine } from "../testing/world-with-machine.ts";

test("inspect prints all as JSON, or what a format asks of it, also of a machine that is stopped", async () => {
  const { world, dir } = await worldWithMachine();
  const run = (line: string) => runInWorld(world, line.split(" "));
  expect(JSON.parse((await run("info m1")).stdout)).toMatchObject({ name: "m1", state: "stopped", waiting: [] });
  await bringUp(world);
  await run("set m1 cpus=1");
  expect(JSON.parse((await run("inspect m1")).stdout)).toMatchObject({
    state: "running",
    settings: { cpus: 1, memory: "2g" },
    waiting: [{ key: "cpus", running: 2 }],
    docker: { url: "tcp://127.0.0.1:23760", context: "boot2docker-m1" },
    disk: { sizeBytes: 2 ** 33 },
    files: { directory: dir.path },
  });
  expect(await run("inspect m1 -f {{.State}}:{{.Settings.Memory}}:{{.Files.Settings}}")).toMatchObject({
    code: 0,
    stdout: `running:2g:${dir.config}\n`,
  });
  expect(await run("inspect nobody")).toMatchObject({ code: 3 });
});

test("describe prints the whole table, or one verb of it", async () => {
  const { world } = await worldWithMachine();
  const run = (line: string) => runInWorld(world, line.split(" "));
  const all = JSON.parse((await run("describe --json")).stdout) as { verbs: { name: string }[]; exitCodes: object };
  expect(all.verbs.map(({ name }) => name)).toContain("up");
  expect(all.verbs.map(({ name }) => name)).not.toContain("agent");
  expect(all.exitCodes).toMatchObject({ done: 0, usage: 2 });
  expect(JSON.parse((await run("describe stop")).stdout)).toMatchObject({ formatVersion: 1, name: "down" });
  expect(await run("describe nope")).toMatchObject({ code: 2 });
});

test("complete answers a shell, and completion prints what has it ask", async () => {
  const { world } = await worldWithMachine();
  const run = (...words: string[]) => runInWorld(world, words);
  expect((await run("complete", "--", "status", "")).stdout).toBe("m1\tmachine\n");
  expect((await run("complete", "--", "cp", "")).stdout).toBe(":files\n");
  expect((await run("completion", "zsh")).stdout).toContain("#compdef boot2docker");
  expect(await run("completion", "tcsh")).toMatchObject({ code: 2 });
});

test("env --docker-flags prints options of the docker client", async () => {
  const { world } = await worldWithMachine();
  expect(await runInWorld(world, ["env", "--docker-flags", "m1"])).toMatchObject({ code: 3, stdout: "" });
  await bringUp(world);
  const tls = "/root-dir/machines/m1/tls";
  expect((await runInWorld(world, ["env", "--docker-flags", "m1"])).stdout).toBe(
    `--tlsverify --tlscacert=${tls}/ca.pem --tlscert=${tls}/cert.pem --tlskey=${tls}/key.pem -H=tcp://127.0.0.1:23760\n`,
  );
});
