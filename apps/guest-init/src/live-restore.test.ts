import { beforeEach, expect, it } from "vitest";
import { beginTakeover, endTakeover, writeEngineConfig } from "./live-restore.ts";
import { ENGINE_CONFIG_FILE } from "./paths.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
const SWARM = "/var/lib/docker/swarm/docker-state.json";
let system: FakeSystem;
let dockerd: ReturnType<FakeSystem["addProcess"]>;

const file = (): unknown => JSON.parse(String(system.content.get(ENGINE_CONFIG_FILE))) as unknown;
const reloads = (): number => system.history.filter((entry) => entry.endsWith("SIGHUP")).length;
/** What the engine says of itself: as in its file, once it was reloaded. */
const engineHas = (isOn: boolean): void =>
  void system.engine.set("GET /info", { status: 200, body: JSON.stringify({ LiveRestoreEnabled: isOn }) });

beforeEach(() => {
  system = new FakeSystem();
  system.listening.add("/run/docker.sock");
  dockerd = system.addProcess({ argv: ["/usr/sbin/dockerd"], env: {}, io: { logPath: "/log" } });
});

it("the first dockerd of a boot has nothing to take over, and leaves swarm possible", async () => {
  await writeEngineConfig({ group: "docker" }, system);
  expect(file()).toEqual({ group: "docker", "live-restore": false });
});

it("one that comes after another takes its containers over, and then leaves swarm possible", async () => {
  await writeEngineConfig({}, system);
  await writeEngineConfig({}, system);
  expect(file()).toEqual({ "live-restore": true });
  engineHas(true);
  const ended = endTakeover(dockerd, {}, system, never);
  await system.clock.advance(100);
  expect([reloads(), file()]).toEqual([1, { "live-restore": false }]);
  engineHas(false);
  await system.clock.advance(100);
  await ended;
});

it("whoever wants it has it for good", async () => {
  await writeEngineConfig({ "live-restore": true }, system);
  expect(file()).toEqual({ "live-restore": true });
  await endTakeover(dockerd, { "live-restore": true }, system, never);
  expect(reloads()).toBe(0);
});

it.each([SWARM, "/var/lib/docker/165536.165536/swarm/docker-state.json"])(
  "with %s it is never on: dockerd would not start",
  async (state) => {
    system.content.set(state, "{}");
    await writeEngineConfig({ "live-restore": true }, system);
    await writeEngineConfig({ "live-restore": true }, system);
    expect(file()).toEqual({ "live-restore": false });
    await beginTakeover(dockerd, system, never);
    expect(reloads()).toBe(0);
  },
);

it("a dockerd that is about to be replaced leaves its containers running", async () => {
  await writeEngineConfig({}, system);
  engineHas(false);
  const begun = beginTakeover(dockerd, system, never);
  await system.clock.advance(100);
  expect([reloads(), file()]).toEqual([1, { "live-restore": true }]);
  engineHas(true);
  await system.clock.advance(100);
  await begun;
});

it("a dockerd that does not reload is not waited for without end", async () => {
  await writeEngineConfig({}, system);
  engineHas(false);
  const begun = beginTakeover(dockerd, system, never).catch(String);
  await system.clock.advance(30_000);
  expect(await begun).toContain("not done within 30000 ms");
});
