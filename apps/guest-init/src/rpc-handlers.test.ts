import { beforeEach, expect, it } from "vitest";
import { Events } from "./events.ts";
import { LOG_DIR } from "./paths.ts";
import { serveGuest } from "./rpc-handlers.ts";
import { silentLog } from "./testing/fake-log.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
let system: FakeSystem;
let events: Events;
let requested: string[];
let disk: { device: string; mountPoint: string; readOnly: boolean } | undefined;
let handlers: ReturnType<typeof serveGuest>;

beforeEach(() => {
  system = new FakeSystem();
  events = new Events(system, silentLog);
  requested = [];
  disk = { device: "/dev/vda", mountPoint: "/mnt/data", readOnly: false };
  handlers = serveGuest({
    system,
    events,
    state: () => Promise.reject(new Error("not asked for here")),
    dataDisk: () => disk,
    folders: () => [],
    applyConfig: async () => undefined,
    renewCertificate: async () => Promise.reject(new Error("the host issued none")),
    requestShutdown: (mode) => void requested.push(mode),
  });
});

it("events.since gives what came after the number", async () => {
  events.emit("one");
  events.emit("two");
  const { events: later } = await handlers["events.since"]({ sequence: 1 }, never);
  expect(later.map(({ name }) => name)).toEqual(["two"]);
});

it("logs.read reads the log of guest-init itself, too", async () => {
  system.content.set(`${LOG_DIR}/guest-init.log`, "hello");
  await expect(handlers["logs.read"]({ service: "guest-init", offset: 1, maxBytes: 3 }, never)).resolves.toEqual({
    text: "ell",
    nextOffset: 4,
  });
});

it("shutdown is answered at once, and passed on", async () => {
  await expect(handlers.shutdown({ mode: "reboot" }, never)).resolves.toEqual({});
  expect(requested).toEqual(["reboot"]);
});

it("clock.set says by how much the clock was off", async () => {
  await expect(handlers["clock.set"]({ now: "2026-01-01T01:00:00.000Z" }, never)).resolves.toEqual({
    offsetMs: -3_600_000,
  });
  expect(system.clock.now()).toEqual(new Date("2026-01-01T01:00:00.000Z"));
});

it("disk.trim gives what fstrim says, and both methods refuse what cannot be written", async () => {
  system.programs.set("/usr/sbin/fstrim", {
    code: 0,
    stdout: "/mnt/data: 1 GiB (1073741824 bytes) trimmed\n",
    stderr: "",
  });
  await expect(handlers["disk.trim"]({}, never)).resolves.toEqual({ trimmedBytes: 1_073_741_824 });
  disk = { device: "/dev/vda", mountPoint: "/mnt/data", readOnly: true };
  await expect(handlers["disk.trim"]({}, never)).rejects.toThrow("/dev/vda is damaged");
  disk = undefined;
  await expect(handlers["disk.grow"]({}, never)).rejects.toThrow("no data disk");
});

it("certificate.renew fails with the reason for which there is none", async () => {
  await expect(handlers["certificate.renew"]({}, never)).rejects.toThrow("the host issued none");
});
