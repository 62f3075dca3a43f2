import { expect, it } from "vitest";
import { fullReason, watchSpace } from "./disk-space.ts";
import { deriveLifecycle, noObservations } from "./state.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const MIB = 1024 * 1024;

it("a disk is full before its last byte is", () => {
  expect(fullReason({ sizeBytes: 100 * MIB, freeBytes: 32 * MIB })).toBeUndefined();
  expect(fullReason({ sizeBytes: 100 * MIB, freeBytes: 31 * MIB })).toMatchObject({
    code: "data-disk-full",
    message: "the data disk is full: 31 of 100 MiB are free",
  });
});

it("is told when it fills up, and when there is room again", async () => {
  const system = new FakeSystem();
  const seen = noObservations();
  seen.dataDisk = { device: "/dev/vdb", mountPoint: "/mnt/data", readOnly: false };
  let freeBytes: number | undefined = 50 * MIB;
  system.files = {
    ...system.files,
    space: async () => {
      if (freeBytes === undefined) throw new Error("EIO");
      return { sizeBytes: 100 * MIB, freeBytes };
    },
  };
  const told: string[] = [];
  const end = new AbortController();
  const changed = (): void => {
    told.push(deriveLifecycle(seen, []).name);
  };
  const failures: unknown[] = [];
  void watchSpace(seen, system, changed, (error) => void failures.push(error), end.signal);
  await system.clock.advance(60_000);
  expect(told).toEqual([]);
  freeBytes = undefined;
  await system.clock.advance(60_000);
  expect(failures.length).toBeGreaterThan(0);
  freeBytes = 0;
  await system.clock.advance(60_000);
  freeBytes = 50 * MIB;
  await system.clock.advance(60_000);
  expect(told).toEqual(["degraded", "ready"]);
  end.abort(new Error("enough"));
});
