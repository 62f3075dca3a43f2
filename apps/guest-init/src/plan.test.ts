import { describe, expect, it } from "vitest";
import { BOOT, EARLY, type Phase } from "./plan.ts";
import { SHUTDOWN } from "./shutdown-plan.ts";

const plans: [string, readonly Phase[]][] = [
  ["EARLY", EARLY],
  ["BOOT", BOOT],
  ["SHUTDOWN", SHUTDOWN],
];

/** All that a phase waits for, directly or not. */
function ancestors(phases: readonly Phase[], name: string): Set<string> {
  const direct = phases.find((phase) => phase.name === name)?.after ?? [];
  return new Set([...direct, ...direct.flatMap((earlier) => [...ancestors(phases, earlier)])]);
}

describe.each(plans)("the plan %s", (_, phases) => {
  it("lists a phase after all that it waits for, each name once", () => {
    const names = phases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const [index, phase] of phases.entries()) {
      for (const earlier of phase.after) expect(names.slice(0, index)).toContain(earlier);
    }
  });

  it("bounds every phase", () => {
    for (const phase of phases) expect(phase.limitMs).toBeGreaterThan(0);
  });
});

describe("the boot", () => {
  it("does not wait for the host before it looks at the data disk", () => {
    expect(ancestors(BOOT, "data-disk")).toEqual(new Set());
    expect(ancestors(BOOT, "containerd")).toEqual(new Set(["data-disk"]));
  });

  it("has disk, identity and network before the engine, and the first image before ready", () => {
    expect(ancestors(BOOT, "engine")).toEqual(
      new Set([
        "bootsync",
        "containerd",
        "data-disk",
        "engine-settings",
        "hostname",
        "host",
        "identity",
        "network",
        "ports",
        "settings",
      ]),
    );
    expect(ancestors(BOOT, "ready")).toContain("first-image");
    expect(ancestors(BOOT, "ready")).toContain("folders");
  });

  it("goes to rescue for the data disk only", () => {
    expect(BOOT.filter(({ onFailure }) => onFailure === "abort").map(({ name }) => name)).toEqual(["data-disk"]);
  });
});

describe("the shutdown", () => {
  it("stops the engine before containerd, all before it unmounts", () => {
    expect(ancestors(SHUTDOWN, "stop-containerd")).toContain("stop-engine");
    expect(ancestors(SHUTDOWN, "stop-ssh"), "which carries the folders").toContain("unmount-folders");
    expect(ancestors(SHUTDOWN, "unmount")).toEqual(
      new Set(["swap-off", "end-processes", "stop-containerd", "stop-engine", "stop-ssh", "unmount-folders"]),
    );
  });

  it("is never given up", () => {
    for (const { onFailure } of SHUTDOWN) expect(onFailure).toBe("degrade");
  });
});
