import type { GuestConfig, GuestState } from "@boot2docker/protocol";
import { channelPair } from "@boot2docker/protocol/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { HostLink } from "./host-link.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
const state = (sequence: number): GuestState => ({
  sequence,
  lifecycle: { name: "ready" },
  uptimeMs: 1,
  services: [],
  sshHostKeys: [],
  addresses: [],
});

let system: FakeSystem;
let host: FakeHost;
let link: HostLink;
let stop: AbortController;
let reported: string[];
let configs: GuestConfig[];
let hostTimes: Date[];

beforeEach(() => {
  system = new FakeSystem();
  host = new FakeHost(system);
  stop = new AbortController();
  reported = [];
  configs = [];
  hostTimes = [];
  const refuse = (): Promise<never> => Promise.reject(new Error("not asked for here"));
  link = new HostLink({
    system,
    version: "2.0.0",
    bootId: "boot-1",
    handlers: {
      "state.get": async () => state(7),
      "events.since": refuse,
      "logs.read": refuse,
      "config.apply": refuse,
      "folders.touch": refuse,
      shutdown: refuse,
      "clock.set": refuse,
      "certificate.renew": async () => ({}),
      "disk.grow": refuse,
      "disk.trim": refuse,
    },
    onHostTime: (now) => void hostTimes.push(now),
    onConfig: (config) => void configs.push(config),
    report: (name) => void reported.push(name),
  });
});

describe("the link to the host", () => {
  it("says who it is, takes the host's time and then its configuration", async () => {
    host.attach();
    void link.run(stop.signal);
    await system.clock.advance(1);
    expect(host.guests).toMatchObject([{ role: "guest", version: "2.0.0", bootId: "boot-1" }]);
    expect(hostTimes).toEqual([new Date("2026-06-01T00:00:00.000Z")]);
    expect(configs).toEqual([host.config]);
    await expect(link.firstConfig(never)).resolves.toEqual(host.config);
  });

  it("answers the host", async () => {
    host.attach();
    void link.run(stop.signal);
    await system.clock.advance(1);
    await expect(host.connection?.call("state.get", {}, never)).resolves.toEqual(state(7));
  });

  it("knows at once that a machine without a port has no host", async () => {
    await expect(link.run(stop.signal)).resolves.toBeUndefined();
    await expect(link.firstConfig(never)).resolves.toBeNull();
    expect(link.config).toBeNull();
  });

  it("opens the port again and again until somebody is there, and says so once", async () => {
    FakeHost.nobody(system);
    void link.run(stop.signal);
    await system.clock.advance(20_000);
    expect(link.config).toBeUndefined();
    expect(link.isSomebodyThere).toBe(false);
    expect(reported).toEqual(["host.away"]);
    host.attach();
    await system.clock.advance(500);
    expect(configs).toEqual([host.config]);
  });

  it("tells a host that is slow from one that is not there", async () => {
    system.port = () => channelPair().guest;
    void link.run(stop.signal);
    await system.clock.advance(100);
    expect(link.isSomebodyThere).toBe(true);
  });

  it("counts on a host for a moment that has just left, and no longer", async () => {
    host.attach();
    void link.run(stop.signal);
    await system.clock.advance(1_000);
    FakeHost.nobody(system);
    await host.connection?.close();
    await system.clock.advance(500);
    expect(link.isSomebodyThere).toBe(true);
    await system.clock.advance(10_000);
    expect(link.isSomebodyThere).toBe(false);
  });

  it("begins a new session when one ends, and sends the state of then", async () => {
    host.attach();
    void link.run(stop.signal);
    await system.clock.advance(1);
    link.publish(async () => state(1));
    await system.clock.advance(1);
    await host.connection?.close();
    link.publish(async () => state(2));
    await system.clock.advance(200);
    expect(host.guests).toHaveLength(2);
    expect(host.states.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(reported).toEqual(["host.connected", "host.disconnected", "host.connected"]);
  });

  it("makes one message of many changes, the last one", async () => {
    host.attach();
    void link.run(stop.signal);
    await system.clock.advance(1);
    for (let sequence = 1; sequence <= 100; sequence += 1) link.publish(async () => state(sequence));
    await system.clock.advance(1);
    expect(host.states.length).toBeLessThan(3);
    expect(host.states.at(-1)?.sequence).toBe(100);
  });

  it("ends when it is told to", async () => {
    FakeHost.nobody(system);
    const ended = link.run(stop.signal);
    await system.clock.advance(1000);
    stop.abort();
    await expect(ended).resolves.toBeUndefined();
  });

  it("waits no longer for a first word than it is told to", async () => {
    FakeHost.nobody(system);
    void link.run(stop.signal);
    const waiting = link.firstConfig(system.clock.deadline(2000, never));
    waiting.catch(() => undefined); // looked at below
    await system.clock.advance(2000);
    await expect(waiting).rejects.toThrow("not done within 2000 ms");
  });
});
