import type { GuestEvent } from "@boot2docker/protocol";
import { expect, test } from "vitest";
import { runInWorld } from "../testing/run-in-world.ts";
import { bringUp, worldWithMachine } from "../testing/world-with-machine.ts";

const event = (uptimeMs: number, name: string, fields: GuestEvent["fields"]): GuestEvent => ({
  ...{ sequence: uptimeMs, at: "2026-01-01T00:00:00.000Z", uptimeMs },
  ...{ name, fields },
});
const events = [
  event(100, "phase.started", { phase: "host" }),
  event(1_100, "phase.done", { phase: "host", durationMs: 1_000 }),
  event(3_000, "phase.failed", { phase: "network", durationMs: 1_500, reason: "no address" }),
  event(4_000, "phase.done", { phase: "engine", durationMs: 3_500 }),
  event(9_000, "phase.done", { phase: "network", durationMs: 20 }),
];

test("the phases of the start are drawn in the order in which they began, without what was done again", async () => {
  const { world } = await worldWithMachine();
  expect(await runInWorld(world, ["timeline", "m1"])).toMatchObject({ code: 3, stdout: "" });
  world.guest = { events };
  await bringUp(world);
  expect((await runInWorld(world, ["timeline", "m1"])).stdout).toBe(
    [
      "PHASE    FROM    TOOK",
      "host       0.10    1.00   ##########",
      "engine     0.50    3.50       ###################################",
      "network    1.50    1.50                 ############### failed: no address",
      "",
    ].join("\n"),
  );
});
