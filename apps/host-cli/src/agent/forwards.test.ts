import type { PublishedPort } from "@boot2docker/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import type { Forward, Monitor } from "../driver/driver.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { ownForwards, planForwards } from "./forward-plan.ts";
import { Forwards } from "./forwards.ts";

const never = new AbortController().signal;
const own = ownForwards({ dockerPort: 1, sshPort: 2 });
const ownLines = ["tcp 127.0.0.1:1 to 2376", "tcp 127.0.0.1:2 to 22"];

let world: FakeWorld;
let present: Forward[];
let refused: Set<number>;
let timesBehind: number;

const monitor: Monitor = {
  runState: async () => "running",
  resume: async () => undefined,
  pause: async () => undefined,
  reset: async () => undefined,
  forwards: async () => [...present],
  addForward: async (forward) => {
    if (refused.has(forward.hostPort)) return false;
    present.push(forward);
    return true;
  },
  removeForward: async ({ protocol, hostAddress, hostPort }) => {
    present = present.filter(
      (other) => other.protocol !== protocol || other.hostAddress !== hostAddress || other.hostPort !== hostPort,
    );
  },
  onPause: () => undefined,
  closed: new Promise(() => undefined),
  close: async () => undefined,
};

beforeEach(() => {
  world = new FakeWorld();
  present = [];
  refused = new Set();
  timesBehind = 0;
});

const open = (scope: "loopback" | "all" = "loopback"): Forwards =>
  new Forwards({
    host: world.host(),
    monitor,
    ports: { dockerPort: 1, sshPort: 2 },
    scope,
    tunnel: undefined,
    signal: never,
    onBehind: () => {
      timesBehind += 1;
    },
  });
const lines = (): string[] =>
  present.map(
    ({ protocol, hostAddress, hostPort, guestPort }) => `${protocol} ${hostAddress}:${hostPort} to ${guestPort}`,
  );
const published = (hostAddress: string, hostPort: number, more: Partial<PublishedPort> = {}): PublishedPort => ({
  protocol: "tcp",
  hostAddress,
  hostPort,
  guestPort: 61000,
  containerAddress: "172.17.0.2",
  containerPort: 80,
  ...more,
});

test("docker and ssh of the guest have ports of the loopback", async () => {
  expect(await open().converge()).toEqual([]);
  expect(lines()).toEqual(ownLines);
});

test("one of its own ports that is taken is told, with the others made", async () => {
  refused.add(1);
  world.ports.set(1, "stranger");
  expect(await open().converge()).toMatchObject([{ code: "port-taken", hint: /for life/ }]);
  expect(lines()).toEqual(ownLines.slice(1));
});

describe("what an earlier agent left", () => {
  test("stays as long as the guest has not said what it publishes, but where it is in the way", () => {
    const old: Forward = { protocol: "tcp", hostAddress: "127.0.0.1", hostPort: 8080, guestPort: 61000 };
    const inTheWay: Forward = { protocol: "tcp", hostAddress: "127.0.0.1", hostPort: 1, guestPort: 80 };
    expect(planForwards(own, [old, inTheWay], false)).toEqual({ add: own, remove: [inTheWay] });
    expect(planForwards(own, [old], true)).toEqual({ add: own, remove: [old] });
  });

  test("is kept or removed by what the guest says then", async () => {
    const left = (hostPort: number): Forward => ({
      protocol: "tcp",
      hostAddress: "127.0.0.1",
      hostPort,
      guestPort: 61000,
    });
    present = [...own, left(8080), left(8081)];
    const forwards = open();
    await forwards.converge();
    expect(present).toHaveLength(4);
    await forwards.publish([published("0.0.0.0", 8081)], never);
    expect(lines()).toEqual([...ownLines, "tcp 127.0.0.1:8081 to 61000"]);
  });
});

describe("a published port, without a tunnel,", () => {
  test.each([
    ["0.0.0.0", "loopback", "127.0.0.1"],
    ["0.0.0.0", "all", "0.0.0.0"],
    ["127.0.0.1", "all", "127.0.0.1"],
    ["192.168.1.5", "loopback", "192.168.1.5"],
  ] as const)("of %s is answered, where the machine publishes on %s, on %s", async (asked, scope, address) => {
    const forwards = open(scope);
    expect(await forwards.publish([published(asked, 8080)], never)).toEqual([]);
    expect(lines()).toContain(`tcp ${address}:8080 to 61000`);
    expect(forwards.list()).toMatchObject([{ listensOn: `${address}:8080` }]);
  });

  test.each([
    ["::", "loopback", "::1"],
    ["::", "all", "::"],
    ["::1", "loopback", "::1"],
    ["fe80::5", "loopback", "fe80::5"],
  ] as const)("of %s is passed on, where the machine publishes on %s, from %s", async (asked, scope, address) => {
    const forwards = open(scope);
    expect(await forwards.publish([published(asked, 8080)], never)).toEqual([]);
    const way = present.find(({ guestPort }) => guestPort === 61000);
    expect(world.relays).toEqual(new Map([[`tcp ${address} 8080`, way?.hostPort]]));
    expect(way?.hostAddress).toBe("127.0.0.1");
    expect(forwards.list()).toMatchObject([{ listensOn: `[${address}]:8080` }]);
  });

  test("of both families has one forward, which both use", async () => {
    await open().publish([published("0.0.0.0", 8080), published("::", 8080)], never);
    expect(lines()).toEqual([...ownLines, "tcp 127.0.0.1:8080 to 61000"]);
    expect(world.relays).toEqual(new Map([["tcp ::1 8080", 8080]]));
  });

  test("keeps its forward as long as it is published, and nothing of it stays", async () => {
    const forwards = open();
    await forwards.publish([published("::1", 8080)], never);
    const before = lines();
    await forwards.converge();
    expect(lines()).toEqual(before);
    await forwards.publish([], never);
    expect(lines()).toEqual(ownLines);
    expect(world.relays.size).toBe(0);
  });

  test("of two protocols is two", async () => {
    await open().publish([published("0.0.0.0", 53), published("0.0.0.0", 53, { protocol: "udp" })], never);
    expect(lines()).toEqual([...ownLines, "tcp 127.0.0.1:53 to 61000", "udp 127.0.0.1:53 to 61000"]);
  });

  test("that somebody has is refused with who it is, and answered when it is free", async () => {
    const forwards = open();
    refused.add(8080);
    world.ports.set(8080, "stranger");
    world.programs.set("/usr/bin/ss", () => ({ code: 0, stdout: 'users:(("nginx",pid=7,fd=3))', stderr: "" }));
    expect(await forwards.publish([published("0.0.0.0", 8080)], never)).toEqual([
      {
        protocol: "tcp",
        hostAddress: "0.0.0.0",
        hostPort: 8080,
        reason: {
          code: "port-taken",
          message: "listen tcp 127.0.0.1:8080: address already in use: nginx (process 7) has it",
          hint: "End what has it, or publish another port.",
        },
      },
    ]);
    expect(forwards.list()).toMatchObject([{ refusal: { code: "port-taken" } }]);
    expect([forwards.isBehind, timesBehind]).toEqual([true, 1]);
    refused.clear();
    world.ports.clear();
    await forwards.converge();
    expect(forwards.list()).toMatchObject([{ listensOn: "127.0.0.1:8080" }]);
    expect(forwards.isBehind).toBe(false);
  });

  test.each([
    ["EACCES", "port-privileged"],
    ["EADDRNOTAVAIL", "address-absent"],
    ["EWHATEVER", "port-refused"],
  ])("that the system refuses with %s is %s", async (failure, code) => {
    refused.add(80);
    world.bindFailures.set("127.0.0.1", failure);
    expect(await open().publish([published("127.0.0.1", 80)], never)).toMatchObject([{ reason: { code } }]);
  });

  test("of every IPv6 address is nothing on a host without IPv6, and one of ::1 is refused there", async () => {
    world.bindFailures.set("::1", "EADDRNOTAVAIL");
    const forwards = open();
    expect(await forwards.publish([published("::", 8080)], never)).toEqual([]);
    expect(forwards.list()).toMatchObject([{ refusal: { code: "no-ipv6" } }]);
    expect(forwards.isBehind, "it is not waited for").toBe(false);
    expect(await forwards.publish([published("::1", 8080)], never)).toMatchObject([
      { reason: { code: "address-absent" } },
    ]);
  });
});

test("what QEMU carries outlives the agent, what it passes on itself does not", async () => {
  const forwards = open();
  await forwards.publish([published("0.0.0.0", 8080), published("::", 8080)], never);
  await forwards.close();
  expect(lines()).toContain("tcp 127.0.0.1:8080 to 61000");
  expect(world.relays.size).toBe(0);
});
