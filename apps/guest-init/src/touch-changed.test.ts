import { expect, it } from "vitest";
import { FakeSystem } from "./testing/fake-system.ts";
import { touchChanged } from "./touch-changed.ts";

const never = new AbortController().signal;

it("what changed in a folder gets its time, what is elsewhere or gone does not matter", async () => {
  const system = new FakeSystem();
  system.content.set("/home/me/a", "").set("/home/me/b", "").set("/etc/passwd", "");
  const changes = ["/home/me/a", "/etc/passwd", "/home/me2/x", "/home/me/gone", "/home/me/b"];
  await touchChanged(
    changes.map((path) => ({ path, modifiedNs: "1700000000123456789" })),
    [{ path: "/home/me", readOnly: false }],
    system,
    never,
  );
  expect(system.history).toEqual([
    "touch /home/me/a 1700000000123456789",
    "touch /home/me/gone 1700000000123456789",
    "touch /home/me/b 1700000000123456789",
  ]);
});
