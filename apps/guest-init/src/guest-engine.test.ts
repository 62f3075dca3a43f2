import { beforeEach, expect, it } from "vitest";
import { Guest } from "./guest.ts";
import { ENGINE_CONFIG_FILE } from "./paths.ts";
import { settle } from "./testing/fake-clock.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { silentLog } from "./testing/fake-log.ts";
import { FakeSystem } from "./testing/fake-system.ts";
import { addBlankDisk, equip } from "./testing/working-machine.ts";
import { TLS_FILES } from "./tls.ts";

const never = new AbortController().signal;
let system: FakeSystem;
let host: FakeHost;
const last = () => host.states.at(-1);
const started = (): string[] => system.history.filter((entry) => entry.startsWith("start "));
const engineConfig = (): unknown => JSON.parse(String(system.content.get(ENGINE_CONFIG_FILE))) as unknown;

/** A machine that is ready. */
beforeEach(async () => {
  system = new FakeSystem();
  host = new FakeHost(system);
  equip(system);
  addBlankDisk(system);
  host.attach();
  void new Guest({ system, log: silentLog, version: "1.0.0", pid: 64, restarts: 0 }).run();
  await system.clock.advance(1000);
});

it("replaces the engine when its settings change, in a way that its containers do not notice", async () => {
  const before = system.history.length;
  host.config = { ...host.config, engine: { daemon: { debug: true }, env: {} } };
  await host.connection?.close();
  await system.clock.advance(2000);
  const deeds = system.history.slice(before).filter((entry) => /^(start|kill)/.test(entry));
  expect(deeds.map((entry) => entry.split(" ").at(entry.startsWith("kill") ? -1 : 1))).toEqual([
    "SIGHUP", // with live-restore
    "SIGTERM",
    "/usr/sbin/dockerd",
    "SIGHUP", // without
  ]);
  expect(engineConfig()).toMatchObject({ debug: true, "live-restore": false });
  expect(last()?.lifecycle).toEqual({ name: "ready" });
});

it("starts the engine with another certificate when the host wants that, and answers when it serves", async () => {
  const certificate = "certificate for public half of new private key";
  const facts = system.certificates.get(certificate);
  if (facts !== undefined) system.certificates.set(certificate, { ...facts, fingerprint: "EF:01" });
  const before = system.history.length;
  const answer = host.connection?.call("certificate.renew", {}, never);
  await system.clock.advance(2000);
  await expect(answer).resolves.toEqual({});
  expect(system.history.slice(before).filter((entry) => entry.startsWith("start"))).toHaveLength(1);
  await system.clock.advance(1000);
  expect(last()?.lifecycle).toEqual({ name: "ready" });
});

it("keeps a silent engine rather than end its containers, and says so", async () => {
  system.engine.set("GET /_ping", { status: 500, body: "" });
  system.engine.set("GET /info", { status: 500, body: "" });
  await system.clock.advance(60_000);
  const before = started().length;
  host.config = { ...host.config, engine: { daemon: { debug: true }, env: {} } };
  await host.connection?.close();
  await system.clock.advance(40_000);
  expect(started()).toHaveLength(before);
  expect(last()?.lifecycle).toMatchObject({ name: "degraded" });
  expect(JSON.stringify(last()?.lifecycle)).toContain("engine-not-replaced");
});

it("says why when there is no other certificate", async () => {
  system.certificates.delete("certificate for public half of new private key");
  const answer = host.connection?.call("certificate.renew", {}, never);
  answer?.catch(() => undefined);
  await system.clock.advance(2000);
  await expect(answer).rejects.toThrow("the engine has the certificate that it had");
});

it.each([
  [0, "ready", undefined],
  [1, "degraded", "cert-address"],
])("with %i containers it is %s when its certificate does not do for a host", async (ContainersRunning, name, code) => {
  system.engine.set("GET /info", () => {
    const { "live-restore": LiveRestoreEnabled } = engineConfig() as Record<string, unknown>;
    return { status: 200, body: JSON.stringify({ LiveRestoreEnabled, ContainersRunning }) };
  });
  const certificate = "certificate for public half of new private key";
  const facts = system.certificates.get(certificate);
  system.content.set(TLS_FILES.certificate, "of another name");
  if (facts !== undefined) system.certificates.set("of another name", { ...facts, signedByCa: false });
  if (facts !== undefined) system.certificates.set(certificate, { ...facts, fingerprint: "EF:01" });
  host.config = { ...host.config, hostname: "other" };
  await host.connection?.close();
  await system.clock.advance(40_000);
  expect(last()?.lifecycle.name).toBe(name);
  expect(JSON.stringify(last()?.lifecycle)).toContain(code ?? "");
  expect(system.content.get(TLS_FILES.certificate)).toBe(code === undefined ? certificate : "of another name");
});

it("goes back to the settings that worked when dockerd does not start with new ones", async () => {
  const isBad = (): boolean => String(system.content.get(ENGINE_CONFIG_FILE)).includes("nope");
  system.engine.set("GET /_ping", () => ({ status: isBad() ? 500 : 200, body: "" }));
  system.onStart = ({ argv }) => {
    if (argv[0] !== "/usr/sbin/dockerd" || !isBad()) return;
    void settle().then(() => [...system.running.values()].at(-1)?.end("exit code 1"));
  };
  host.config = { ...host.config, engine: { daemon: { bridge: "nope" }, env: {} } };
  await host.connection?.close();
  await system.clock.advance(20_000);
  expect(engineConfig()).not.toHaveProperty("bridge");
  expect(last()?.lifecycle).toMatchObject({
    name: "degraded",
    reasons: [{ code: "engine-settings", message: expect.stringContaining("exit code 1") as string }],
  });
  const starts = started().length;
  await host.connection?.close();
  await system.clock.advance(20_000);
  expect(started()).toHaveLength(starts);
});
