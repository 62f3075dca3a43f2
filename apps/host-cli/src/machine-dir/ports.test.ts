import { expect, test } from "vitest";
import { FakeWorld } from "../testing/fake-world.ts";
import { rootDir } from "./dir.ts";
import { choosePorts, parseLsof, parseSs, portOwner, portPairs } from "./ports.ts";

test("a pair is chosen of which both are free on the host and of no machine", async () => {
  const world = new FakeWorld();
  const [first, second, third] = portPairs("/m/m1", new Set());
  world.ports.set(second?.sshPort ?? 0, "somebody");
  expect(await choosePorts(world.host(), "/m/m1", new Set([first?.dockerPort ?? 0]))).toEqual(third);
});

test("machines of two users begin at different pairs, and always at the same", () => {
  const [one, other] = ["/home/a/.boot2docker/machines/m", "/home/b/.boot2docker/machines/m"];
  expect(portPairs(one, new Set())[0]).toEqual(portPairs(one, new Set())[0]);
  expect(portPairs(one, new Set())[0]).not.toEqual(portPairs(other, new Set())[0]);
});

test("when no pair is free the error names the range", async () => {
  const world = new FakeWorld();
  for (const { dockerPort } of portPairs("m", new Set())) world.ports.set(dockerPort, "somebody");
  await expect(choosePorts(world.host(), "m", new Set())).rejects.toMatchObject({
    code: "ports-exhausted",
    message: "no free pair of ports from 23760 to 31759 on 127.0.0.1",
  });
});

test("all ports lie below those that systems hand out themselves", () => {
  const ports = portPairs("m", new Set()).flatMap(({ dockerPort, sshPort }) => [dockerPort, sshPort]);
  expect(Math.max(...ports)).toBeLessThan(32768);
  expect(new Set(ports).size).toBe(8000);
});

test.each([
  ['LISTEN 0 5 127.0.0.1:1 0.0.0.0:* users:(("nginx",pid=12,fd=6),("nginx",pid=13,fd=6))', { name: "nginx", pid: 12 }],
  ["LISTEN 0 5 127.0.0.1:1 0.0.0.0:*", undefined],
  ["", undefined],
])("ss says who listens: %s", (text, owner) => {
  expect(parseSs(text)).toEqual(owner);
});

test("lsof says who listens", () => {
  expect(parseLsof("p123\ncnode\nf12\n")).toEqual({ name: "node", pid: 123 });
  expect(parseLsof("")).toBeUndefined();
});

test.each([
  ["another machine's ssh client", "ssh -N -oControlPath=MACHINES/other/ssh.ctl 127.0.0.1"],
  ["another machine's QEMU", "qemu-system-x86_64 -pidfile MACHINES/other/vm.pid"],
])("a port of %s is that machine's", async (_, template) => {
  const world = new FakeWorld();
  const commandLine = template.replace("MACHINES", rootDir(world.host()).machines);
  world.programs.set("/usr/bin/ss", () => ({ code: 0, stdout: 'users:(("carrier",pid=7,fd=3))', stderr: "" }));
  world.processes.set(7, { identity: { pid: 7, startMark: "1", commandLine }, onKill: [] });
  const { signal } = new AbortController();
  expect(await portOwner(world.host(), "tcp", 8080, signal)).toBe("machine other (carrier, process 7)");
  world.programs.set("/usr/bin/ss", () => ({ code: 0, stdout: 'users:(("MainThread",pid=8,fd=3))', stderr: "" }));
  const web = { pid: 8, startMark: "1", commandLine: "/opt/node/bin/node web.js" };
  world.processes.set(8, { identity: web, onKill: [] });
  expect(await portOwner(world.host(), "tcp", 8080, signal)).toBe("node (process 8)");
  world.programs.set("/usr/bin/ss", () => ({ code: 0, stdout: 'users:(("carrier",pid=7,fd=3))', stderr: "" }));
  world.processes.delete(7);
  expect(await portOwner(world.host(), "tcp", 8080, signal)).toBe("carrier (process 7)");
});
