import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askAgent } from "../harness/agent.ts";
import { cliFile, makeSandbox, type Sandbox } from "../harness/machine.ts";

/** What lives in the guest may die at any time. One boot serves all, so each test leaves the machine running. */
let box: Sandbox;
const inGuest = (command: string) => box.ok("ssh", command);
const pidOf = async (program: string) => (await inGuest(`pidof ${program}`)).split(" ")[0] ?? "";
const untilRunning = () =>
  expect
    .poll(async () => (await box.cli("status")).stdout.trim(), { timeout: 120_000, interval: 1000 })
    .toBe("running");

/** Counts, once a second; whoever restarts it starts at 0 again. */
const ticker = "i=0; while :; do echo tick $i; i=$((i+1)); sleep 1; done";
const startOf = (name: string) => box.dockerOk(["inspect", "-f", "{{.State.StartedAt}} {{.State.Running}}", name]);

beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up");
  await box.dockerOk(["run", "-d", "--name", "ticker", "boot2docker/busybox", "sh", "-c", ticker]);
});
afterAll(async () => box[Symbol.asyncDispose]());

/** Every line from the first on: neither the container nor its log had a gap. */
async function expectUnbroken(started: string): Promise<void> {
  expect(await startOf("ticker")).toBe(started);
  const ticks = (await box.dockerOk(["logs", "ticker"])).split("\n");
  expect(ticks).toEqual(ticks.map((_, index) => `tick ${String(index)}`));
}

test("a killed guest-init: daemons, containers and logs go on, and the next one adopts them", async () => {
  const started = await startOf("ticker");
  const before = await Promise.all(["dockerd", "containerd", "guest-init"].map(pidOf));
  await inGuest("sudo kill -9 $(pidof guest-init)");
  await untilRunning();
  const [dockerd, containerd, init] = await Promise.all(["dockerd", "containerd", "guest-init"].map(pidOf));
  expect([dockerd, containerd]).toEqual(before.slice(0, 2));
  expect(init).not.toBe(before[2]);
  await expectUnbroken(started);
  expect(await box.ok("logs", "dockerd")).toContain("API listen on");
});

test.each(["dockerd", "containerd"])(
  "a killed daemon (%s): started again, and containers never stopped",
  async (daemon) => {
    const started = await startOf("ticker");
    const before = await pidOf(daemon);
    await inGuest(`sudo kill -9 ${before}`);
    await expect.poll(() => pidOf(daemon).catch(() => before), { timeout: 60_000 }).not.toBe(before);
    await untilRunning();
    await expectUnbroken(started);
    // dockerd dials a containerd that was away again after a pause of its own, of up to 3 s (moby, daemon.go: backoff).
    await expect
      .poll(async () => (await box.docker(["exec", "ticker", "echo", "still here"])).stdout, { timeout: 10_000 })
      .toBe("still here\n");
  },
);

test("a killed sshd: started again, and sessions that are open go on", async () => {
  const before = await inGuest("cat /run/dropbear.pid");
  const session = box.cli("ssh", "sleep 8; echo went on");
  await inGuest("sudo kill -9 $(cat /run/dropbear.pid)");
  await expect.poll(() => inGuest("cat /run/dropbear.pid").catch(() => before), { timeout: 60_000 }).not.toBe(before);
  expect(await session).toMatchObject({ code: 0, stdout: "went on\n" });
});

test("swarm is possible on a stock machine, and over when it is left", async () => {
  expect(await box.dockerOk(["swarm", "init"])).toContain("Swarm initialized");
  await box.dockerOk([
    "service",
    "create",
    "-d",
    "--name",
    "web",
    "--replicas",
    "1",
    "boot2docker/busybox",
    "sleep",
    "9999",
  ]);
  await expect
    .poll(() => box.dockerOk(["service", "ls", "--format", "{{.Replicas}}"]), { timeout: 60_000, interval: 1000 })
    .toBe("1/1");
  await box.dockerOk(["swarm", "leave", "--force"]);
});

test("a folder that is mounted while the engine starts again is there when it has, and the plan is not run again and again", async () => {
  const last = (await eventsSince(0)).at(-1)?.sequence ?? Number.NaN;
  const renewing = spawn(process.execPath, [cliFile, "regenerate-certs"], { env: box.env });
  const isSettled = async () => (await box.cli("events", "--json", "--since", String(last))).stdout.includes("dockerd");
  await expect.poll(isSettled, { timeout: 30_000 }).toBe(true); // The engine ends, or begins.
  renewing.kill("SIGINT");
  await once(renewing, "exit");
  const folder = join(box.root, "meanwhile");
  mkdirSync(folder);
  await box.ok("mount", folder);
  expect(await inGuest(`ls -d ${folder}`)).toBe(folder);
  await untilRunning();
  const runs = (await eventsSince(last)).filter(
    ({ name, fields }) => name === "phase.done" && fields["phase"] === "engine",
  );
  expect(runs.length).toBeLessThan(10);
});

test("logs -f shows what a daemon says from now on, until Ctrl-C", async () => {
  const child = spawn(process.execPath, [cliFile, "logs", "dockerd", "-f", "-n", "1"], { env: box.env });
  const ended = once(child, "exit");
  let said = "";
  child.stdout.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  await expect.poll(() => said.split("\n").length, { timeout: 30_000 }).toBe(2);
  await inGuest("sudo kill -USR1 $(pidof dockerd)"); // It writes its stacks to a file, and says so.
  await expect.poll(() => said, { timeout: 30_000 }).toContain("goroutine stacks written");
  child.kill("SIGINT");
  expect(await ended).toEqual([130, null]);
});

interface Event {
  sequence: number;
  name: string;
  fields: Record<string, unknown>;
}
const parseEvents = (text: string) =>
  text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Event]));
const eventsSince = async (sequence: number) =>
  parseEvents(await box.ok("events", "--json", "--since", String(sequence)));
const isSshdUp = ({ name, fields }: Event) =>
  name === "service.state" && fields["service"] === "sshd" && fields["state"] === "ready";
const killSshd = () => inGuest("sudo kill -9 $(cat /run/dropbear.pid)");

test("a reader of events that goes away, and a killed agent: the next one goes on behind the last number, without a gap", async () => {
  const last = (await eventsSince(0)).at(-1)?.sequence ?? Number.NaN;
  const args = ["events", "--follow", "--json", "--since", String(last)];
  const reader = spawn(process.execPath, [cliFile, ...args], { env: box.env });
  const ended = once(reader, "exit");
  let said = "";
  reader.stdout.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  await killSshd();
  const whole = () => parseEvents(said.slice(0, said.lastIndexOf("\n") + 1));
  await expect.poll(() => whole().some(isSshdUp), { timeout: 60_000 }).toBe(true);
  reader.kill("SIGINT");
  expect(await ended).toEqual([130, null]);

  const seen = whole().map(({ sequence }) => sequence);
  const lastSeen = seen.at(-1) ?? Number.NaN;
  await killSshd();
  process.kill((await askAgent(box, "agent.status", {})).pid, "SIGKILL");
  await expect.poll(async () => (await eventsSince(lastSeen)).some(isSshdUp), { timeout: 60_000 }).toBe(true);
  const missed = (await eventsSince(lastSeen)).map(({ sequence }) => sequence);
  expect([...seen, ...missed]).toEqual([...seen, ...missed].map((_, index) => last + 1 + index));
});

test("a dockerd that keeps dying: told with its last words, and containers go on", async () => {
  const last = "#!/bin/sh\necho it cannot be >&2\nexit 3\n";
  await box.cliWith(
    last,
    "ssh",
    "cat > /tmp/dockerd && chmod +x /tmp/dockerd && sudo mount --bind /tmp/dockerd /usr/sbin/dockerd",
  );
  await inGuest("sudo kill -9 $(pidof dockerd)");
  const status = () => box.cli("status");
  await expect
    .poll(async () => (await status()).stderr, { timeout: 120_000, interval: 2000 })
    .toContain("dockerd kept failing");
  expect((await status()).stderr).toContain("exit code 3; its last words: ");
  expect((await status()).stderr).toContain("it cannot be");
  // Brackets keep it from finding itself.
  expect(Number(await inGuest("pgrep -fc 'echo [t]ick'"))).toBeGreaterThan(0);
});

test("logs -f goes on where it was when a machine has rebooted, and ends with it", async () => {
  const child = spawn(process.execPath, [cliFile, "logs", "dockerd", "-f", "-n", "1"], { env: box.env });
  const ended = once(child, "exit");
  let said = "";
  child.stdout.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  await expect.poll(() => said, { timeout: 30_000 }).not.toBe("");
  const starts = () => said.split('msg="Starting up"').length - 1;
  await box.cli("ssh", "sudo reboot");
  await expect.poll(starts, { timeout: 120_000 }).toBe(1);
  await untilRunning();
  await box.ok("down");
  expect(await ended).toEqual([0, null]);
  expect(starts()).toBe(1);
});
