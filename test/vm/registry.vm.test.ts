import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { debianPrograms } from "../harness/debian-programs.ts";
import { makeSandbox } from "../harness/machine.ts";
import { importProgram } from "../harness/program-image.ts";
import { must, run } from "../harness/run.ts";

test("a registry in a container takes an image from the host's client, and gives it back", async () => {
  await using box = await makeSandbox();
  await box.ok("up");
  const { env } = box;
  const docker = (...args: string[]) => must(box.dockerClient, args, { env });
  const program = join(await debianPrograms(), "usr", "bin", "docker-registry");
  await importProgram(box.dockerClient, program, "registry", { env });
  const settings = join(box.root, "config.yml");
  writeFileSync(
    settings,
    JSON.stringify({
      version: "0.1",
      storage: { filesystem: { rootdirectory: "/registry" } },
      http: { addr: ":5000" },
    }),
  );
  await docker("create", "--name", "registry", "-p", "127.0.0.1:5000:5000", "registry", "serve", "/config.yml");
  await docker("cp", settings, "registry:/config.yml");
  await docker("start", "registry");
  // A client of the host waits until it serves; the engine itself would find nobody there yet.
  expect((await fetch("http://localhost:5000/v2/")).status).toBe(200);

  await docker("tag", "boot2docker/busybox", "localhost:5000/busybox");
  await docker("push", "-q", "localhost:5000/busybox");
  // The host sees it where the engine does.
  const answer = await fetch("http://localhost:5000/v2/_catalog");
  expect(await answer.json()).toEqual({ repositories: ["busybox"] });
  await docker("rmi", "localhost:5000/busybox");
  expect((await run(box.dockerClient, ["image", "inspect", "localhost:5000/busybox"], { env })).code).toBe(1);
  await docker("pull", "-q", "localhost:5000/busybox");
  expect(await docker("run", "--rm", "localhost:5000/busybox", "echo", "came back")).toBe("came back");
});
