import { expect, test } from "vitest";
import type { Host } from "../host.ts";
import { type MachineConfig, readMachineConfig } from "../machine-dir/config-file.ts";
import { RecordedProgress } from "../testing/recorded-progress.ts";
import { bringUp, machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";
import { openMachine } from "./open-machine.ts";

const never = new AbortController().signal;
const folders = [{ path: "/home/user/a", readOnly: false }];
const change = (host: Host, signal = never) =>
  openMachine(host, "m1").changeConfig((config) => ({ ...config, folders }), new RecordedProgress(), signal);

async function running() {
  const made = await worldWithMachine();
  await made.world.host().files.makeDirectory("/home/user/a");
  await bringUp(made.world);
  const has = () => made.world.vms[0]?.config?.folders?.list.map(({ path }) => path) ?? [];
  return { ...made, has };
}
const pathsOf = ({ folders: listed = [] }: MachineConfig) => listed.map(({ path }) => path);

test("killed at any effect of a change, the machine is as it was or as it is to be, and the same again makes it so", async () => {
  for (let effect = 0; ; effect += 1) {
    const { world, dir, has } = await running();
    const death = Promise.withResolvers<boolean>();
    const mortal = world.host({ diesAfter: effect, onDeath: () => death.resolve(false) });
    const isDone = await world.clock.settle(Promise.race([change(mortal).then(() => true), death.promise]));
    const config = await readMachineConfig(world.host(), dir);
    expect([[], ["/home/user/a"]]).toContainEqual(pathsOf(config));
    expect(config).toMatchObject(machineConfig);
    await world.clock.settle(change(world.host()));
    expect(has(), `after effect ${effect}`).toEqual(["/home/user/a"]);
    expect(pathsOf(await readMachineConfig(world.host(), dir))).toEqual(["/home/user/a"]);
    if (isDone) {
      expect(effect).toBeGreaterThan(8); // So many were tried.
      return;
    }
  }
}, 60_000);

test("Ctrl-C at any moment of a change: what the file says, the guest has", async () => {
  const first = (await running()).world;
  await first.clock.settle(change(first.host())); // So that nothing is loaded from now on, which takes turns of the event loop.
  for (let turns = 0; ; turns += 5) {
    const { world, dir, has } = await running();
    const user = new AbortController();
    const ended = change(world.host(), user.signal).then(
      () => "done",
      () => "interrupted",
    );
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    user.abort(new Error("SIGINT"));
    const end = await world.clock.settle(ended);
    const said = pathsOf(await readMachineConfig(world.host(), dir));
    expect(has(), `after ${turns} turns`).toEqual(said);
    if (end === "done") {
      expect(said).toEqual(["/home/user/a"]);
      expect(turns).toBeGreaterThan(100); // So many were tried, divided by five.
      return;
    }
  }
}, 60_000);
