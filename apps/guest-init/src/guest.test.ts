import { beforeEach, describe, expect, it } from "vitest";
import { Guest } from "./guest.ts";
import { ENGINE_CONFIG_FILE, LOG_DIR } from "./paths.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { silentLog } from "./testing/fake-log.ts";
import { FakeSystem } from "./testing/fake-system.ts";
import { addBlankDisk, DISK_BYTES, equip, SSH_KEY } from "./testing/working-machine.ts";

const never = new AbortController().signal;

let system: FakeSystem;
let host: FakeHost;

beforeEach(() => {
  system = new FakeSystem();
  host = new FakeHost(system);
  equip(system);
  addBlankDisk(system);
});

function boot(restarts = 0): Guest {
  const guest = new Guest({ system, log: silentLog, version: "1.0.0", pid: 64, restarts });
  void guest.run();
  return guest;
}

const last = () => host.states.at(-1);
const started = (): string[] =>
  system.history.filter((entry) => entry.startsWith("start ")).map((entry) => entry.split(" ")[1] ?? "");
const engineHosts = (): unknown => JSON.parse(String(system.content.get(ENGINE_CONFIG_FILE))) as unknown;

describe("a boot", () => {
  it("ends in ready, with all that the host wants to know", async () => {
    host.attach();
    boot();
    await system.clock.advance(1000);
    expect(host.lifecycles).toEqual(["starting", "ready"]);
    expect(last()).toMatchObject({
      services: [
        { name: "containerd", state: "ready" },
        { name: "dockerd", state: "ready" },
        { name: "sshd", state: "ready" },
      ],
      dataDisk: { device: "/dev/vda", readOnly: false },
      sshHostKeys: [SSH_KEY],
      addresses: ["10.0.2.15"],
      engineVersion: "28.5.2",
    });
    expect(started()).toEqual(["/usr/bin/containerd", "/usr/sbin/dropbear", "/usr/sbin/dockerd"]);
    expect(engineHosts()).toMatchObject({ hosts: ["unix:///run/docker.sock", "tcp://0.0.0.0:2376"] });
  });

  it("mounts before it writes, and formats before it mounts", async () => {
    host.attach();
    boot();
    await system.clock.advance(1000);
    const first = (start: string): number => system.history.findIndex((entry) => entry.startsWith(start));
    expect(first("mount overlay /etc")).toBeGreaterThan(first("mount tmpfs /run"));
    expect(first("mount /dev/vda")).toBeGreaterThan(first("run /usr/sbin/mkfs.ext4"));
    expect(first("start /usr/bin/containerd")).toBeGreaterThan(first("mount /mnt/data/var/lib/containerd"));
    expect(first("mkdir /var/lib/boot2docker/tls")).toBeGreaterThan(first("mount /mnt/data/var/lib/boot2docker"));
  });

  it("takes the host's time before anything is made of certificates", async () => {
    host.attach();
    boot();
    await system.clock.advance(1000);
    expect(system.clock.now().getTime()).toBeGreaterThanOrEqual(new Date("2026-06-01").getTime());
    expect(host.states.at(-1)?.lifecycle.name).toBe("ready");
  });

  it("goes to rescue with the reason on a foreign disk, and still answers", async () => {
    system.content.set("/dev/vda", new Uint8Array(DISK_BYTES).fill(1, 4096, 4097));
    host.attach();
    boot();
    await system.clock.advance(1000);
    expect(last()?.lifecycle).toMatchObject({ name: "rescue", reason: { code: "data-disk-foreign" } });
    expect(started()).toEqual(["/usr/bin/busybox"]);
    await expect(host.connection?.call("events.since", { sequence: 0 }, never)).resolves.toMatchObject({ lost: 0 });
  });

  it("comes up in memory without disk and host, and says what is missing when the host comes", async () => {
    for (const path of [...system.content.keys()]) if (path.includes("vda")) system.content.delete(path);
    FakeHost.nobody(system);
    boot();
    await system.clock.advance(40_000);
    expect(started()).toContain("/usr/sbin/dockerd");
    expect(engineHosts()).toMatchObject({ hosts: ["unix:///run/docker.sock"] });
    host.attach();
    await system.clock.advance(2000);
    expect(last()?.lifecycle).toMatchObject({ name: "degraded", reasons: [{ code: "data-disk-absent" }] });
    expect(last()).not.toHaveProperty("dataDisk");
  });

  it("keeps an unrepairable disk safe: read-only, and no engine on it", async () => {
    const damaged = new Uint8Array(DISK_BYTES);
    new DataView(damaged.buffer).setUint16(1024 + 0x38, 0xef53, true);
    damaged.set(new TextEncoder().encode("boot2docker-data"), 1024 + 0x78);
    system.content.set("/dev/vda", damaged);
    system.programs.set("/usr/sbin/e2fsck", { code: 4, stdout: "", stderr: "" });
    host.attach();
    boot();
    await system.clock.advance(1000);
    expect(last()?.lifecycle).toMatchObject({ name: "rescue", reason: { code: "data-disk-damaged" } });
    expect(last()?.dataDisk).toMatchObject({ readOnly: true });
    expect(started()).not.toContain("/usr/sbin/dockerd");
  });

  it("does what a late host says: its blank disk is formatted and the engine gets its certificate", async () => {
    FakeHost.nobody(system);
    boot();
    await system.clock.advance(40_000);
    expect(started()).not.toContain("/usr/sbin/dockerd");
    host.attach();
    await system.clock.advance(2000);
    expect(last()?.lifecycle).toEqual({ name: "ready" });
    expect(engineHosts()).toMatchObject({ hosts: ["unix:///run/docker.sock", "tcp://0.0.0.0:2376"] });
  });

  it("waits for a host that is there and slow", async () => {
    host.attach(10_000);
    boot();
    await system.clock.advance(12_000);
    expect(host.lifecycles).toEqual(["starting", "ready"]);
    expect(host.events.map(({ name }) => name)).not.toContain("config.changed");
  });
});

describe("what failed is done again", () => {
  it("when the host comes back: the engine gets the certificate that it could not have before", async () => {
    host.attach();
    const certificate = "certificate for public half of new private key";
    const facts = system.certificates.get(certificate);
    system.certificates.delete(certificate);
    boot();
    await system.clock.advance(1000);
    expect(last()?.lifecycle).toMatchObject({ name: "degraded", reasons: [{ code: "no-identity" }] });
    expect(engineHosts()).toMatchObject({ hosts: ["unix:///run/docker.sock"] });
    if (facts !== undefined) system.certificates.set(certificate, facts);
    await host.connection?.close();
    await system.clock.advance(2000);
    expect(last()?.lifecycle).toEqual({ name: "ready" });
    expect(engineHosts()).toMatchObject({ hosts: ["unix:///run/docker.sock", "tcp://0.0.0.0:2376"] });
  });

  it("when a service gets ready after its limit", async () => {
    host.attach();
    system.engine.delete("GET /_ping");
    boot();
    await system.clock.advance(200_000);
    expect(last()?.lifecycle).toMatchObject({ name: "degraded" });
    system.engine.set("GET /_ping", { status: 200, body: "OK" });
    await system.clock.advance(1000);
    expect(last()?.lifecycle).toEqual({ name: "ready" });
  });
});

it("what is applied while the engine is still starting is there when it has started, after one more run of the plan", async () => {
  host.attach();
  system.engine.delete("GET /_ping");
  boot();
  await system.clock.advance(1000);
  host.config = { ...host.config, authorizedKeys: ["ssh-ed25519 NEW"] };
  const applied = host.connection?.call("config.apply", {}, never);
  await system.clock.advance(5000);
  system.engine.set("GET /_ping", { status: 200, body: "OK" });
  await system.clock.advance(5000);
  await applied;
  expect(system.content.get("/home/docker/.ssh/authorized_keys")).toBe("ssh-ed25519 NEW\n");
  const runs = host.events.filter(({ name, fields }) => name === "phase.done" && fields["phase"] === "data-disk");
  expect(runs.length).toBeLessThanOrEqual(3);
  expect(last()?.lifecycle).toEqual({ name: "ready" });
});

describe("a machine that runs", () => {
  beforeEach(async () => {
    host.attach();
    boot();
    await system.clock.advance(1000);
  });

  it("is degraded while dockerd is away, and ready again after its restart", async () => {
    const dockerd = [...system.running.values()].find(({ spec }) => spec.argv[0] === "/usr/sbin/dockerd");
    dockerd?.end("killed by SIGKILL");
    await system.clock.advance(1000);
    expect(host.lifecycles).toEqual(["starting", "ready", "degraded", "ready"]);
  });

  it("follows a host that changes its mind, without touching the engine", async () => {
    const before = system.history.length;
    host.config = { ...host.config, authorizedKeys: ["ssh-ed25519 NEW"] };
    await host.connection?.close();
    await system.clock.advance(2000);
    expect(system.content.get("/home/docker/.ssh/authorized_keys")).toBe("ssh-ed25519 NEW\n");
    expect(system.history.slice(before).filter((entry) => /^(start|kill)/.test(entry))).toEqual([]);
  });

  it("changes nothing when the host comes back and says the same", async () => {
    const before = system.history.length;
    await host.connection?.close();
    await system.clock.advance(2000);
    expect(system.history.slice(before)).toEqual([]);
  });

  it("is taken over by the next guest-init: nothing is started, mounted or written to the disk", async () => {
    const events = last()?.sequence ?? 0;
    system = system.successor();
    equip(system);
    host = new FakeHost(system);
    host.attach();
    boot(1);
    await system.clock.advance(2000);
    expect(last()?.lifecycle).toEqual({ name: "ready" });
    expect(last()?.services).toMatchObject([{ state: "ready" }, { state: "ready" }, { state: "ready" }]);
    const touched = system.history.filter((entry) => /^(start|kill|mount [^n]|write \/var\/lib)/.test(entry));
    expect(touched).toEqual([]);
    expect(host.events[0]?.sequence).toBeGreaterThan(events);
  });

  it("ends in order when the host says so", async () => {
    await host.connection?.call("shutdown", { mode: "reboot" }, never);
    const before = system.history.length;
    await system.clock.advance(5000);
    const deeds = system.history.slice(before).filter((entry) => /^(kill all|unmount \/mnt|reboot)/.test(entry));
    expect(deeds).toEqual(["kill all SIGTERM", "unmount /mnt/data now", "reboot"]);
    expect(host.lifecycles.at(-1)).toBe("stopping");
    const order = host.events.filter(({ name }) => name === "phase.done").map(({ fields }) => fields["phase"]);
    expect(order.slice(-3)).toEqual(["end-processes", "swap-off", "unmount"]);
  });
});

it("a shutdown in the middle of a boot starts nothing more", async () => {
  system.engine.delete("GET /_ping");
  host.attach();
  const guest = boot();
  await system.clock.advance(1000);
  expect(last()?.lifecycle).toMatchObject({ name: "starting", phase: "engine" });
  guest.requestShutdown("poweroff");
  await system.clock.advance(5000);
  const begun = host.events.filter(({ name }) => name === "phase.started").map(({ fields }) => fields["phase"]);
  expect(begun).toContain("engine");
  expect(begun).not.toContain("first-image");
  expect(system.history.at(-1)).toBe("poweroff");
});

it("a shutdown in the middle of which guest-init dies is ended by the next one", async () => {
  host.attach();
  boot();
  await system.clock.advance(1000);
  system.isObedient = false;
  await host.connection?.call("shutdown", { mode: "reboot" }, never);
  await system.clock.advance(1000);
  system = system.successor();
  equip(system);
  boot(1);
  await system.clock.advance(10_000);
  expect(started()).toEqual([]);
  expect(system.running.size).toBe(0);
  expect(system.history.at(-1)).toBe("reboot");
});

it("a shutdown ends what is kept alive without it coming back", async () => {
  FakeHost.nobody(system);
  const guest = boot();
  await system.clock.advance(40_000);
  expect(started()).toContain("/usr/bin/busybox"); // DHCP, and the console of the rescue
  const before = system.history.length;
  guest.requestShutdown("poweroff");
  await system.clock.advance(30_000);
  expect(system.history.slice(before).filter((entry) => entry.startsWith("start"))).toEqual([]);
  expect(system.history.at(-1)).toBe("poweroff");
});

it("the log moves to the data disk", async () => {
  const places: string[] = [];
  host.attach();
  const log = { ...silentLog, moveTo: (path: string) => void places.push(path) };
  void new Guest({ system, log, version: "1.0.0", pid: 64, restarts: 0 }).run();
  await system.clock.advance(1000);
  expect(places).toEqual(["/run/guest-init/guest-init.log", `${LOG_DIR}/guest-init.log`]);
});
