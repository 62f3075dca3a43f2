import { expect, test } from "vitest";
import { FakeWorld } from "../testing/fake-world.ts";
import { openAgentLog, trimLog } from "./agent-log.ts";

async function world() {
  const made = new FakeWorld();
  await made.host().files.makeDirectory("/m");
  return made;
}

test("lines come in the order in which they were said", async () => {
  const { host, disk, clock } = await world().then((made) => ({
    host: made.host(),
    disk: made.disk,
    clock: made.clock,
  }));
  const log = openAgentLog(host, "/m/agent.log");
  log.info("first", { pid: 7 });
  log.info("second");
  await clock.pass(1);
  expect(disk.text("/m/agent.log")).toBe(
    '2026-11-23T12:00:00.000Z first {"pid":7}\n2026-11-23T12:00:00.000Z second {}\n',
  );
});

test("a log that grew too long keeps its newer half", async () => {
  const made = await world();
  made.disk.put("/m/l", "0123456789");
  await trimLog(made.host(), "/m/l", 10);
  expect(made.disk.text("/m/l")).toBe("0123456789");
  await trimLog(made.host(), "/m/l", 8);
  expect(made.disk.text("/m/l")).toBe("6789");
});

test("a log that is not there is not made", async () => {
  const made = await world();
  await trimLog(made.host(), "/m/none", 8);
  expect(made.disk.names()).not.toContain("/m/none");
});
