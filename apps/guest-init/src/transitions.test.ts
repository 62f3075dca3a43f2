import { expect, it } from "vitest";
import { pauseMs, type ServiceEvent, TRANSITIONS } from "./transitions.ts";

const walk = (...events: ServiceEvent[]): string[] => {
  let state: keyof typeof TRANSITIONS = "stopped";
  const seen: string[] = [];
  for (const event of events) {
    state = TRANSITIONS[state][event]?.[0] ?? state;
    seen.push(state);
  }
  return seen;
};

it.each<[string, ServiceEvent[], string[]]>([
  ["comes up", ["start", "spawned", "answered"], ["starting", "running", "ready"]],
  ["is adopted without being started", ["adopt", "answered"], ["running", "ready"]],
  [
    "pauses before it is restarted",
    ["start", "spawned", "exited", "timeout"],
    ["starting", "running", "backoff", "starting"],
  ],
  [
    "fails for good, until it is started again",
    ["start", "exhausted", "timeout", "start"],
    ["starting", "failed", "failed", "starting"],
  ],
  [
    "stops when it has ended, not when it is told to",
    ["start", "spawned", "stop", "exited"],
    ["starting", "running", "stopping", "stopped"],
  ],
  [
    "that hangs lives on, and is ready when it answers again",
    ["start", "spawned", "answered", "silent", "answered"],
    ["starting", "running", "ready", "running", "ready"],
  ],
  ["stops out of a pause at once", ["start", "exited", "stop"], ["starting", "backoff", "stopped"]],
  [
    "is stopped even when it was just being started",
    ["start", "stop", "spawned", "exited"],
    ["starting", "stopping", "stopping", "stopped"],
  ],
])("a service %s", (_, events, states) => {
  expect(walk(...events)).toEqual(states);
});

it("every state but the two ends of a life can be left by a stop", () => {
  for (const [state, row] of Object.entries(TRANSITIONS)) {
    if (state !== "stopped" && state !== "stopping") expect(row.stop).toBeDefined();
  }
});

it("a grace that is over kills", () => {
  expect(TRANSITIONS.stopping.timeout).toEqual(["stopping", "kill"]);
});

it("pauses double up to half a minute", () => {
  expect([1, 2, 3, 8, 50].map(pauseMs)).toEqual([250, 500, 1000, 30_000, 30_000]);
});
