import { expect, test } from "vitest";
import { FakeWorld } from "../testing/fake-world.ts";
import { runInWorld } from "../testing/run-in-world.ts";
import { bringUp, worldWithMachine } from "../testing/world-with-machine.ts";

const run = (world: FakeWorld, line: string) => runInWorld(world, line.split(" "));

test("env prints what a docker client needs, in the shell that was asked for", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  expect((await run(world, "env --shell fish m1")).stdout).toBe(
    [
      "set -gx DOCKER_TLS_VERIFY '1';",
      "set -gx DOCKER_HOST 'tcp://127.0.0.1:23760';",
      "set -gx DOCKER_CERT_PATH '/root-dir/machines/m1/tls';",
      "set -gx DOCKER_MACHINE_NAME 'm1';",
      "",
    ].join("\n"),
  );
});

test("env asks the parent process for its shell", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  world.processes.set(1, { identity: { pid: 1, startMark: "s", commandLine: "/usr/bin/tcsh -l" }, onKill: [] });
  expect((await run(world, "env m1")).stdout).toMatch(/^setenv DOCKER_TLS_VERIFY '1';/);
});

test("env --unset needs no machine", async () => {
  expect(await run(new FakeWorld(), "env -u --shell sh")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^unset DOCKER_TLS_VERIFY\nunset DOCKER_HOST\n/) as string,
  });
});

test("env --no-proxy puts the address into the list that is in use, once, and --unset takes it out", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  expect((await run(world, "env --shell sh --no-proxy m1")).stdout).toContain("export NO_PROXY=127.0.0.1\n");
  world.env["no_proxy"] = "localhost,127.0.0.1";
  expect((await run(world, "env --shell sh --no-proxy m1")).stdout).toContain(
    "export no_proxy='localhost,127.0.0.1'\n",
  );
  expect((await run(world, "env --shell sh --no-proxy -u m1")).stdout).toContain("export no_proxy=localhost\n");
});

test("in a shell that has a proxy env says NO_PROXY by itself", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  expect((await run(world, "env --shell sh m1")).stdout).not.toContain("NO_PROXY");
  world.env["https_proxy"] = "http://proxy.corp:8080";
  expect((await run(world, "env --shell sh m1")).stdout).toContain("export NO_PROXY=127.0.0.1\n");
});

test("env --json has the values as they are", async () => {
  const { world } = await worldWithMachine();
  await bringUp(world);
  expect(JSON.parse((await run(world, "env --json m1")).stdout)).toMatchObject({
    name: "m1",
    variables: {
      DOCKER_TLS_VERIFY: "1",
      DOCKER_HOST: "tcp://127.0.0.1:23760",
      DOCKER_CERT_PATH: "/root-dir/machines/m1/tls",
      DOCKER_MACHINE_NAME: "m1",
    },
  });
  expect(JSON.parse((await run(world, "env --json --unset m1")).stdout)).toMatchObject({
    variables: { DOCKER_HOST: null },
  });
});

test("an unknown shell is a usage error that names the known ones", async () => {
  const said = await run(new FakeWorld(), "env --shell nu");
  expect(said).toMatchObject({ code: 2, stdout: "" });
  expect(said.stderr).toMatch(/--shell nu.*\nhint: Known are bash, zsh/);
});
