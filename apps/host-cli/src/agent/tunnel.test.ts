import type { Channel } from "@boot2docker/protocol";
import { beforeEach, expect, test } from "vitest";
import { machineDir, type MachineDir } from "../machine-dir/dir.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import type { Listener } from "./listeners.ts";
import { Tunnel } from "./tunnel.ts";

const never = new AbortController().signal;
const hostKeys = ["ssh-ed25519 AAAA root@m1"];
const listener = (address: string, port: number): Listener => ({
  protocol: "tcp",
  family: address.includes(":") ? 6 : 4,
  address,
  port,
  guestPort: 61000,
  isForAll: false,
});

let world: FakeWorld;
let dir: MachineDir;
/** What the client was told through its control socket, and does not do. */
let commands: string[];
let fails: Set<string>;
/** Of the client that was started last. */
let pid: number;
/** Who has opened its control socket. */
let clients: Channel[];

beforeEach(async () => {
  world = new FakeWorld();
  dir = machineDir(world.host(), "m1");
  await world.host().files.makeDirectory(dir.sshDir);
  commands = [];
  fails = new Set();
  world.programs.set("/usr/bin/ssh", (args) => {
    const what = args[args.indexOf("-O") + 1] ?? "";
    const option = args.includes("-L") ? ` ${args[args.indexOf("-L") + 1] ?? ""}` : "";
    if (!option.includes("docker.sock")) commands.push(`${what}${option}`);
    if (what === "exit") world.kill(pid);
    return { code: fails.has(what) ? 255 : 0, stdout: "", stderr: "" };
  });
  world.daemons.set("/usr/bin/ssh", (started) => {
    pid = started.pid;
    commands.push("start");
    world.disk.put(dir.tunnelSocket, "", { kind: "socket" });
    clients = [];
    world.listeners.set(dir.tunnelSocket, (channel) => void clients.push(channel));
    world.processes.get(started.pid)?.onKill.push(() => {
      world.listeners.delete(dir.tunnelSocket);
      closeClients();
    });
  });
});

function closeClients(): void {
  for (const channel of clients.splice(0)) void channel.close();
}

async function killClient(): Promise<void> {
  world.kill(pid);
  await world.clock.pass(10);
}

async function find(): Promise<Tunnel> {
  const tunnel = await Tunnel.find(world.host(), dir, 23761);
  if (tunnel === undefined) throw new Error("no ssh");
  return tunnel;
}

test("the client knows the guest by the keys that it told, and reads no settings of the user", async () => {
  const tunnel = await find();
  expect(await world.clock.settle(tunnel.open(hostKeys, never))).toBe(true);
  expect(world.disk.text(dir.knownHosts)).toBe("[127.0.0.1]:23761 ssh-ed25519 AAAA root@m1\n");
  const line = world.processes.get(pid)?.identity.commandLine;
  expect(line).toContain("-F none");
  expect(line).toContain("-oStrictHostKeyChecking=yes");
  expect(line).toContain(`-oUserKnownHostsFile=${dir.knownHosts}`);
});

test("one that is up stays, with what it carries", async () => {
  const tunnel = await find();
  await world.clock.settle(tunnel.open(hostKeys, never));
  expect(await tunnel.add(listener("127.0.0.1", 8080), never)).toBe(true);
  await world.clock.settle(tunnel.open(hostKeys, never));
  expect(commands).toEqual(["start", "check", "forward 127.0.0.1:8080:10.0.2.15:61000"]);
  expect(tunnel.has(listener("127.0.0.1", 8080))).toBe(true);
});

test("one that died is started again, and carries nothing", async () => {
  const tunnel = await find();
  await world.clock.settle(tunnel.open(hostKeys, never));
  await tunnel.add(listener("::1", 8080), never);
  await killClient();
  expect(await world.clock.settle(tunnel.open(hostKeys, never))).toBe(true);
  expect(tunnel.listeners).toEqual([]);
  expect(commands.slice(2)).toEqual(["forward [::1]:8080:10.0.2.15:61000", "exit", "start", "check"]);
});

test("one whose sockets are closed is started again, although the system still lists its process", async () => {
  let ends = 0;
  const tunnel = await find();
  tunnel.onEnd(() => {
    ends += 1;
  });
  await world.clock.settle(tunnel.open(hostKeys, never));
  closeClients();
  await world.clock.pass(10);
  expect([ends, world.processes.has(pid)]).toEqual([1, true]);
  expect(await world.clock.settle(tunnel.open(hostKeys, never))).toBe(true);
  expect(commands).toEqual(["start", "check", "exit", "start", "check"]);
});

test("one that dies is told at once; one that is closed is not", async () => {
  let ends = 0;
  const tunnel = await find();
  tunnel.onEnd(() => {
    ends += 1;
  });
  await world.clock.settle(tunnel.open(hostKeys, never));
  await world.clock.settle(tunnel.close(never));
  await world.clock.settle(tunnel.open(hostKeys, never));
  await world.clock.pass(10);
  expect(ends).toBe(0);
  await killClient();
  expect(ends).toBe(1);
});

test("the guest's Docker is at this end of it, as long as it is up", async () => {
  const tunnel = await find();
  expect(tunnel.engineSocket).toBeUndefined();
  await world.clock.settle(tunnel.open(hostKeys, never));
  expect(tunnel.engineSocket).toBe(dir.engineSocket);
  await tunnel.close(never);
  expect(tunnel.engineSocket).toBeUndefined();
});

test("an earlier agent's is ended before another one begins", async () => {
  await world.clock.settle((await find()).open(hostKeys, never));
  commands = [];
  await world.clock.settle((await find()).open(hostKeys, never));
  expect(commands).toEqual(["exit", "start", "check"]);
});

test("a port that it can't have is not carried", async () => {
  const tunnel = await find();
  await world.clock.settle(tunnel.open(hostKeys, never));
  fails.add("forward");
  expect(await tunnel.add(listener("127.0.0.1", 80), never)).toBe(false);
  expect(tunnel.listeners).toEqual([]);
});

test("a client that ends at once, or never answers, is not up", async () => {
  world.daemons.set("/usr/bin/ssh", (started) => void world.kill(started.pid));
  expect(await world.clock.settle((await find()).open(hostKeys, never))).toBe(false);
  world.daemons.set("/usr/bin/ssh", () => undefined);
  expect(await world.clock.settle((await find()).open(hostKeys, never))).toBe(false);
});

test("a host without ssh, and Windows, have none", async () => {
  world.platform = "win32";
  expect(await Tunnel.find(world.host(), dir, 23761)).toBeUndefined();
  expect(await Tunnel.find(new FakeWorld().host(), dir, 23761)).toBeUndefined();
});

test("the guest's port leads to the folders in each connection, once somebody wants them", async () => {
  const asked: string[] = [];
  const ssh = world.programs.get("/usr/bin/ssh");
  world.programs.set("/usr/bin/ssh", (args) => {
    if (args.includes("-R")) asked.push(args[args.indexOf("-R") + 1] ?? "");
    return ssh?.(args) ?? { code: 255, stdout: "", stderr: "" };
  });
  const tunnel = await find();
  await world.clock.settle(tunnel.open(hostKeys, never));
  expect(asked).toEqual([]);
  tunnel.wantFolders(32_049);
  await world.clock.settle(tunnel.open(hostKeys, never));
  expect([asked, tunnel.hasFolders]).toEqual([[`127.0.0.1:32049:${dir.foldersSocket}`], true]);
  await killClient();
  await world.clock.settle(tunnel.open(hostKeys, never));
  expect(asked).toHaveLength(2);
  fails.add("forward");
  await killClient();
  await world.clock.settle(tunnel.open(hostKeys, never));
  expect(tunnel.hasFolders, "said as it is").toBe(false);
});
