import { expect, test } from "vitest";
import { machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";
import { SharedFolders } from "./shared-folders.ts";
import { guestRequests } from "./guest-requests.ts";

const never = new AbortController().signal;
const forwards = { publish: async () => [], connectFolders: async () => undefined };
const shared = new SharedFolders();

test("the guest is told its name, its network, its disk and who may come in", async () => {
  const { world, dir } = await worldWithMachine();
  expect(await guestRequests(world.host(), dir, machineConfig, forwards, shared)["config.get"]({}, never)).toEqual({
    hostname: "m1",
    dataDisk: { serial: "b2d-data", formatIfBlank: false },
    network: { mode: "static", address: "10.0.2.15/24", gateway: "10.0.2.2", dns: ["10.0.2.3"] },
    authorizedKeys: ["ssh-ed25519 AAAA user"],
    folders: { port: 32_049, list: [] },
  });
});

test("a machine.json that somebody is just editing does not cut the machine off", async () => {
  const { world, dir } = await worldWithMachine();
  const requests = guestRequests(world.host(), dir, machineConfig, forwards, shared);
  const engine = { daemon: { debug: true }, env: {} };
  world.disk.put(dir.config, JSON.stringify({ formatVersion: 1, ...machineConfig, engine }));
  expect(await requests["config.get"]({}, never)).toMatchObject({ engine });
  world.disk.put(dir.config, "{");
  expect(await requests["config.get"]({}, never)).toMatchObject({ engine });
});
