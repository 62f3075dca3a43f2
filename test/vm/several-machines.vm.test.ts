import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";

/** Two machines of one user, at the same time. */
const names = ["one", "two"] as const;
type Name = (typeof names)[number];

let box: Sandbox;
beforeAll(async () => {
  box = await makeSandbox();
  for (const name of names) await box.ok("up", name, "--memory", "768m", "--cpus", "1", "--mount", "none");
});
afterAll(async () => {
  for (const name of names) await box.cli("delete", "--yes", name);
  await box[Symbol.asyncDispose]();
});

/** As the docker client of somebody who set nothing goes there: by the context that `up` made. */
const docker = (name: Name, ...args: string[]) => box.docker(["--context", contextOf(name), ...args], { env: box.env });
const dockerOk = (name: Name, ...args: string[]) =>
  box.dockerOk(["--context", contextOf(name), ...args], { env: box.env });
const contextOf = (name: Name) => `boot2docker-${name}`;
const serve = (name: Name, page: string, hostPort: number) => [
  ...["run", "-d", "--name", "web", "-p", `${hostPort}:80`, "boot2docker/busybox"],
  ...["sh", "-c", `echo ${page} >/tmp/index.html; exec httpd -f -p 80 -h /tmp`],
];
const get = async (port: number) => (await (await fetch(`http://127.0.0.1:${port}/`)).text()).trim();

interface Status {
  state: string;
  pid: number;
  settings: { dockerPort: number; sshPort: number };
  dynamicPorts: { first: number; last: number };
}
const status = async (name: Name) => JSON.parse((await box.cli("status", "--json", name)).stdout) as Status;

/** What a process has open below the user's root directory, images aside: those are read only, and one for all. */
function openFiles(pid: number): string[] {
  const root = join(box.root, ".boot2docker");
  return readdirSync(`/proc/${String(pid)}/fd`)
    .map((fd) => readlinkSync(`/proc/${String(pid)}/fd/${fd}`))
    .filter((path) => path.startsWith(`${root}/`) && !path.startsWith(`${root}/images/`));
}

test("two machines run at once, and share no port, no file and no name", async () => {
  const [one, two] = [await status("one"), await status("two")];
  expect([one.state, two.state]).toEqual(["running", "running"]);
  const ports = [one, two].flatMap(({ settings, dynamicPorts }) => [
    settings.dockerPort,
    settings.sshPort,
    dynamicPorts.first,
  ]);
  expect(new Set(ports).size).toBe(ports.length);
  expect(openFiles(one.pid).length).toBeGreaterThan(0);
  expect(openFiles(two.pid).filter((path) => openFiles(one.pid).includes(path))).toEqual([]);
  for (const name of names) {
    expect(await dockerOk(name, "info", "--format", "{{.Name}}")).toBe(name);
    await dockerOk(name, "run", "-d", "--name", "same", "boot2docker/busybox", "sleep", "86400");
    await dockerOk(name, "volume", "create", `of-${name}`);
    expect(await dockerOk(name, "volume", "ls", "-q")).toBe(`of-${name}`);
    await dockerOk(name, "rm", "-f", "same");
  }
  const contexts = await box.dockerOk(["context", "ls", "--format", "{{.Name}}"], { env: box.env });
  expect(contexts.split("\n")).toEqual(expect.arrayContaining(names.map(contextOf)));
});

test("a host port that a container of another machine has: refused with that machine's name, had when it is free", async () => {
  await dockerOk("one", ...serve("one", "page of one", 8064));
  const ran = await docker("two", ...serve("two", "page of two", 8064));
  expect(ran.code).toBe(125);
  expect(ran.stderr).toMatch(/127\.0\.0\.1:8064: address already in use: machine one \(ssh, process \d+\) has it/);
  expect(await get(8064)).toBe("page of one");
  await dockerOk("one", "rm", "-f", "web");
  await dockerOk("two", "start", "web");
  expect(await get(8064)).toBe("page of two");
  await dockerOk("two", "rm", "-f", "web");
});

test("a machine that is shut down and deleted takes nothing from the other one", async () => {
  await dockerOk("two", ...serve("two", "still here", 8065));
  await box.ok("down", "one");
  expect((await box.cli("status", "one")).stdout).toBe("stopped\n");
  expect(await get(8065)).toBe("still here");
  await box.ok("delete", "--yes", "one");
  expect(await get(8065)).toBe("still here");
  expect(await dockerOk("two", "ps", "--format", "{{.Names}}")).toBe("web");
  const contexts = await box.dockerOk(["context", "ls", "--format", "{{.Name}}"], { env: box.env });
  expect(contexts.split("\n")).not.toContain(contextOf("one"));
});
