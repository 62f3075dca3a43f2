import { beforeEach, describe, expect, it } from "vitest";
import { SERVICES_FILE } from "./paths.ts";
import { consoleSpec, dockerdSpec, logPathOf } from "./services.ts";
import { Supervisor } from "./supervisor.ts";
import { settle } from "./testing/fake-clock.ts";
import { silentLog } from "./testing/fake-log.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
const GRACE_MS = 3000;
const spec = dockerdSpec("/run/daemon.json", { tls: true }, {}, "AB:CD");
const socket = "/run/docker.sock";

let system: FakeSystem;
let states: string[];
let prepared: string[];
let supervisor: Supervisor;

function open(on: FakeSystem): Supervisor {
  return new Supervisor({
    system: on,
    log: silentLog,
    prepare: async ({ id }) => void prepared.push(id),
    changed: (service) => void states.push(`${service.spec.id} ${service.state}`),
  });
}

function answer(): void {
  system.listening.add(socket);
  system.engine.set("GET /_ping", { status: 200, body: "OK" });
}

const only = () => {
  const [process] = system.running.values();
  if (process === undefined) throw new Error("nothing runs");
  return process;
};

beforeEach(() => {
  system = new FakeSystem();
  states = [];
  prepared = [];
  supervisor = open(system);
});

describe("a service", () => {
  it("is running as soon as its process lives, and ready only when it answers", async () => {
    const service = await supervisor.ensure(spec, GRACE_MS, never);
    await system.clock.advance(5000);
    expect(states).toEqual(["dockerd starting", "dockerd running"]);
    answer();
    await system.clock.advance(100);
    expect(states.at(-1)).toBe("dockerd ready");
    await expect(service.ready(never)).resolves.toBeUndefined();
  });

  it("is rid of what its predecessor left before it starts", async () => {
    system.content.set(socket, "");
    await supervisor.ensure(spec, GRACE_MS, never);
    await settle();
    expect(system.history.filter((entry) => !entry.startsWith("write"))).toEqual([
      `remove ${socket}`,
      "start /usr/sbin/dockerd --config-file /run/daemon.json",
    ]);
  });

  it("is restarted after a pause when it dies, and says why", async () => {
    answer();
    const service = await supervisor.ensure(spec, GRACE_MS, never);
    await settle();
    system.content.set(logPathOf("dockerd"), "out of memory\n");
    only().end("killed by SIGKILL");
    await settle();
    expect(service.state).toBe("backoff");
    expect(service.detail).toBe("killed by SIGKILL; its last words: out of memory");
    await system.clock.advance(250);
    expect(states.slice(-3)).toEqual(["dockerd starting", "dockerd running", "dockerd ready"]);
    expect(service.restarts).toBe(1);
    expect(prepared).toEqual(["dockerd", "dockerd"]);
  });

  it("is told and left alone when it hangs, and ready as soon as it answers again", async () => {
    answer();
    const service = await supervisor.ensure(spec, GRACE_MS, never);
    await settle();
    system.engine.delete("GET /_ping");
    await system.clock.advance(50_000);
    expect([service.state, service.detail]).toEqual(["running", "no answer for 20 s"]);
    expect(system.running.size).toBe(1);
    answer();
    await system.clock.advance(50);
    expect([service.state, service.detail, service.restarts]).toEqual(["ready", undefined, 0]);
  });

  it("is given up when it keeps failing, with its last words", async () => {
    const service = await supervisor.ensure(spec, GRACE_MS, never);
    const ready = service.ready(never);
    ready.catch(() => undefined); // looked at below
    for (let life = 0; life < 6; life += 1) {
      await system.clock.advance(60_000);
      system.content.set(logPathOf("dockerd"), "bad config\n");
      only().end("exit code 1");
      await settle();
    }
    await system.clock.advance(600_000);
    expect(service.state).toBe("failed");
    expect(system.running.size).toBe(0);
    await expect(ready).rejects.toThrow("dockerd keeps failing: exit code 1; its last words: bad config");
  });

  it("is not given up for failures that it recovered from", async () => {
    answer();
    const service = await supervisor.ensure(spec, GRACE_MS, never);
    for (let life = 0; life < 20; life += 1) {
      await system.clock.advance(120_000);
      only().end("killed by SIGKILL");
      await settle();
    }
    expect(service.state).toBe("backoff");
  });

  it("is never given up when it has no limit", async () => {
    const service = await supervisor.ensure(consoleSpec({ id: "console", terminal: "/dev/ttyS0" }), GRACE_MS, never);
    for (let life = 0; life < 20; life += 1) {
      await system.clock.advance(60_000);
      only().end("exit code 0");
      await settle();
    }
    expect(service.state).toBe("backoff");
  });

  it("is told to end, and killed when it does not", async () => {
    await supervisor.ensure(spec, GRACE_MS, never);
    await settle();
    const process = only();
    const stopped = supervisor.stop("dockerd", GRACE_MS, never);
    await system.clock.advance(GRACE_MS - 1);
    expect(system.history.filter((entry) => entry.startsWith("kill"))).toEqual([`kill ${process.pid} SIGTERM`]);
    await system.clock.advance(1);
    expect(system.history.filter((entry) => entry.startsWith("kill"))).toEqual([
      `kill ${process.pid} SIGTERM`,
      `kill ${process.pid} SIGKILL`,
    ]);
    process.end("killed by SIGKILL");
    await stopped;
    expect(states.at(-1)).toBe("dockerd stopped");
    expect(supervisor.get("dockerd")?.restarts).toBe(0);
  });
});

describe("the next guest-init", () => {
  let next: Supervisor;

  beforeEach(async () => {
    answer();
    await supervisor.ensure(spec, GRACE_MS, never);
    await settle();
    system = system.successor();
    states = [];
    next = open(system);
  });

  it("adopts what runs without touching it", async () => {
    const { pid } = only();
    await next.recall();
    await next.ensure(spec, GRACE_MS, never);
    await settle();
    expect(states).toEqual(["dockerd running", "dockerd ready"]);
    expect(next.get("dockerd")?.process?.pid).toBe(pid);
    expect(system.history).toEqual([`write ${SERVICES_FILE} 600`, `write ${SERVICES_FILE} 600`]);
  });

  it("knows by which configuration it runs", async () => {
    await next.recall();
    expect(next.runs(spec)).toBe(true);
    expect(next.runs(dockerdSpec("/run/daemon.json", {}, {}, undefined))).toBe(false);
  });

  it("stops what is not wanted any more, though it never started it", async () => {
    await next.recall();
    const stopped = next.stop("dockerd", GRACE_MS, never);
    await settle();
    expect(system.history).toContain(`kill ${only().pid} SIGTERM`);
    only().end("exit code 0");
    await stopped;
    expect(states.at(-1)).toBe("dockerd stopped");
  });

  it("restarts an adopted process that dies", async () => {
    await next.recall();
    await next.ensure(spec, GRACE_MS, never);
    await settle();
    only().end("it is gone");
    await system.clock.advance(250);
    expect(states.slice(2)).toEqual(["dockerd backoff", "dockerd starting", "dockerd running", "dockerd ready"]);
  });

  it("starts anew what died while nobody looked", async () => {
    only().end("killed by SIGKILL");
    await next.recall();
    expect(next.services).toEqual([]);
    await next.ensure(spec, GRACE_MS, never);
    await settle();
    expect(states).toEqual(["dockerd starting", "dockerd running", "dockerd ready"]);
  });

  it("does not take another process under the same number for it", async () => {
    const process = only();
    system.running.set(process.pid, { ...process, startMark: "later" });
    await next.recall();
    expect(next.services).toEqual([]);
  });

  it("replaces what runs with another configuration", async () => {
    const process = only();
    await next.recall();
    const replaced = next.ensure(dockerdSpec("/run/daemon.json", {}, {}, undefined), GRACE_MS, never);
    await settle();
    expect(system.history).toContain(`kill ${process.pid} SIGTERM`);
    process.end("exit code 0");
    await replaced;
    await settle();
    expect(states.slice(-3)).toEqual(["dockerd starting", "dockerd running", "dockerd ready"]);
  });

  it("leaves all of it to its own successor", async () => {
    await next.recall();
    await next.ensure(consoleSpec({ id: "console", terminal: "/dev/ttyS0" }), GRACE_MS, never);
    await settle();
    system = system.successor();
    const third = open(system);
    await third.recall();
    expect(third.services.map(({ spec: { id } }) => id).sort()).toEqual(["console", "dockerd"]);
  });
});

it("a service that runs is left alone when it is wanted again", async () => {
  answer();
  await supervisor.ensure(spec, GRACE_MS, never);
  await settle();
  const before = system.history.length;
  await supervisor.ensure(spec, GRACE_MS, never);
  await settle();
  expect(system.history.length).toBe(before);
});

it("a service that failed is tried again when it is wanted again", async () => {
  const service = await supervisor.ensure({ ...spec, maxFailures: 1 }, GRACE_MS, never);
  await settle();
  only().end("exit code 1");
  await settle();
  expect(service.state).toBe("failed");
  await supervisor.ensure({ ...spec, maxFailures: 1 }, GRACE_MS, never);
  await settle();
  expect(service.state).toBe("running");
});
