import { beforeEach, describe, expect, it } from "vitest";
import { ENGINE_CONFIG_FILE } from "./paths.ts";
import { dockerdSpec } from "./services.ts";
import { endProcesses, stopEngine, unmountAll } from "./shutdown.ts";
import { Supervisor } from "./supervisor.ts";
import { settle } from "./testing/fake-clock.ts";
import { silentLog } from "./testing/fake-log.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
let system: FakeSystem;
let reported: string[];
const report = (name: string): void => void reported.push(name);

beforeEach(() => {
  system = new FakeSystem();
  reported = [];
});

describe("stopEngine", () => {
  let supervisor: Supervisor;
  const liveRestore = (isOn: boolean): void =>
    void system.engine.set("GET /info", { status: 200, body: JSON.stringify({ LiveRestoreEnabled: isOn }) });
  const kills = (): string[] =>
    system.history.filter((entry) => entry.startsWith("kill")).map((entry) => entry.slice(9));
  const end = (): void => [...system.running.values()].forEach((process) => process.end("exit code 0"));

  beforeEach(async () => {
    system.listening.add("/run/docker.sock");
    system.engine.set("GET /_ping", { status: 200, body: "OK" });
    system.content.set(ENGINE_CONFIG_FILE, JSON.stringify({ "live-restore": true, group: "docker" }));
    supervisor = new Supervisor({ system, log: silentLog, prepare: async () => undefined, changed: () => undefined });
    await supervisor.ensure(dockerdSpec(ENGINE_CONFIG_FILE, {}, {}, undefined), 1000, never);
    await settle();
  });

  it("has dockerd reloaded without live-restore before it ends it, so that it stops the containers", async () => {
    liveRestore(true);
    const stopped = stopEngine({ system, supervisor, report, limitMs: 1000 }, never);
    await system.clock.advance(200);
    expect(kills()).toEqual(["SIGHUP"]);
    expect(JSON.parse(String(system.content.get(ENGINE_CONFIG_FILE)))).toEqual({
      "live-restore": false,
      group: "docker",
    });
    liveRestore(false);
    await system.clock.advance(50);
    expect(kills()).toEqual(["SIGHUP", "SIGTERM"]);
    end();
    await stopped;
    expect(reported).toEqual([]);
  });

  it("ends dockerd all the same when it does not reload", async () => {
    liveRestore(true);
    const stopped = stopEngine({ system, supervisor, report, limitMs: 1000 }, never);
    await system.clock.advance(30_000);
    expect(reported).toEqual(["engine.containers-not-stopped"]);
    expect(kills()).toEqual(["SIGHUP", "SIGTERM"]);
    await system.clock.advance(1000);
    expect(kills()).toEqual(["SIGHUP", "SIGTERM", "SIGKILL"]);
    end();
    await stopped;
  });

  it("does not reload a dockerd that has no live-restore", async () => {
    liveRestore(false);
    const stopped = stopEngine({ system, supervisor, report, limitMs: 1000 }, never);
    await settle();
    expect(kills()).toEqual(["SIGTERM"]);
    end();
    await stopped;
  });
});

describe("endProcesses", () => {
  const spec = { argv: ["/bin/sleep"], env: {}, io: { logPath: "/dev/null" } } as const;

  it("kills what does not end in time", async () => {
    const stubborn = system.addProcess(spec);
    const done = endProcesses(system, 1000, never);
    await system.clock.advance(999);
    expect(system.history).toEqual(["kill all SIGTERM"]);
    await system.clock.advance(100);
    expect(system.history).toContain("kill all SIGKILL");
    stubborn.end("killed");
    await system.clock.advance(100);
    await expect(done).resolves.toBeUndefined();
  });

  it("does not wait when nobody is left", async () => {
    await expect(endProcesses(system, 1000, never)).resolves.toBeUndefined();
  });
});

describe("unmountAll", () => {
  beforeEach(async () => {
    for (const target of ["/", "/run", "/mnt/data", "/var", "/var/lib/docker"]) {
      await system.files.append("/proc/self/mountinfo", `1 1 0:1 / ${target} rw - ext4 /dev/vda rw\n`);
    }
  });

  it("unmounts what is of the data disk, last one first", async () => {
    await unmountAll(system, report);
    expect(system.history).toEqual(["sync /mnt/data", "unmount /var/lib/docker now", "unmount /mnt/data now"]);
  });

  it("makes a busy data disk read-only, so that it is clean all the same", async () => {
    system.busy.add("/mnt/data");
    await unmountAll(system, report);
    expect(system.history.slice(2)).toEqual([
      "unmount /mnt/data now",
      "sync /mnt/data",
      "mount none /mnt/data none remount,ro",
      "unmount /mnt/data lazy",
    ]);
    expect(reported).toEqual(["unmount.busy"]);
  });
});
