import { beforeEach, expect, it } from "vitest";
import { FakeSystem } from "./testing/fake-system.ts";
import { keepTime } from "./time-keeper.ts";

let system: FakeSystem;
let asked: string[];
let reported: string[];
let link: { connection: undefined };
let end: AbortController;

beforeEach(() => {
  system = new FakeSystem();
  asked = [];
  reported = [];
  link = { connection: undefined };
  end = new AbortController();
  system.datagrams = ({ host, port }) => {
    asked.push(`${host}:${String(port)}`);
    throw new Error("no answer");
  };
  void keepTime({ system, link, report: (name) => void reported.push(name) }, end.signal);
});

it("time servers are asked while there is no host, one after the other until one answers", async () => {
  await system.clock.advance(30_000);
  expect(asked).toEqual(["0", "1", "2"].map((number) => `${number}.boot2docker.pool.ntp.org:123`));
  expect(reported).toEqual(["clock.unknown"]);
});

it("nobody is asked while the host is there", async () => {
  Object.assign(link, { connection: {} });
  await system.clock.advance(3_600_000);
  expect(asked).toEqual([]);
});

it("the profile says whom to ask, before DHCP", async () => {
  system.content.set("/run/guest-init/ntp-servers", "10.0.0.1 10.0.0.2\n");
  await system.clock.advance(30_000);
  system.content.set("/var/lib/boot2docker/profile", "NTP_SERVER='time.test 10.0.2.2:1123'");
  await system.clock.advance(90_000);
  expect(asked).toEqual(["10.0.0.1:123", "10.0.0.2:123", "time.test:123", "10.0.2.2:1123"]);
});

it("a blank NTP_SERVER asks nobody", async () => {
  system.content.set("/var/lib/boot2docker/profile", "NTP_SERVER=' '");
  await system.clock.advance(3_600_000);
  expect([asked, reported]).toEqual([[], []]);
});

it("who does not answer is asked again soon, and told once", async () => {
  system.content.set("/var/lib/boot2docker/profile", "NTP_SERVER=time.test");
  await system.clock.advance(600_000);
  expect(asked.length).toBeGreaterThan(5);
  expect(reported).toEqual(["clock.unknown"]);
  end.abort(new Error("enough"));
});
