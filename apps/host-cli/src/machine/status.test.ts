import type { GuestState, Lifecycle } from "@boot2docker/protocol";
import { expect, test } from "vitest";
import type { Observation } from "./observe.ts";
import { deriveStatus } from "./status.ts";

const vm: Observation["vm"] = { state: "on", process: { pid: 7, startMark: "1", commandLine: "qemu" } };
const agent = { pid: 8, vmPid: 7, guestConnected: false };

function guestIn(lifecycle: Lifecycle): GuestState {
  return { sequence: 1, lifecycle, uptimeMs: 1, services: [], sshHostKeys: [], addresses: [] };
}

const reason = { code: "x", message: "m" };

test.each<[string, Observation, object]>([
  ["no VM", { vm: { state: "off" } }, { state: "stopped" }],
  ["no agent", { vm }, { state: "unreachable", detail: "the host agent does not answer" }],
  ["no guest yet", { vm, agent }, { state: "starting" }],
  ["a guest that was lost", { vm, agent: { ...agent, detail: "lost" } }, { state: "unreachable", detail: "lost" }],
  [
    "a guest that starts",
    { vm, agent, guest: guestIn({ name: "starting", phase: "engine", unmet: [] }) },
    { state: "starting" },
  ],
  ["a ready guest", { vm, agent, guest: guestIn({ name: "ready" }) }, { state: "running", pid: 7, agent: { pid: 8 } }],
  ["a degraded guest", { vm, agent, guest: guestIn({ name: "degraded", reasons: [reason] }) }, { state: "degraded" }],
  ["a guest in rescue", { vm, agent, guest: guestIn({ name: "rescue", reason }) }, { state: "degraded" }],
  ["a guest that stops", { vm, agent, guest: guestIn({ name: "stopping" }) }, { state: "stopping", pid: 7 }],
  [
    "a VM that is paused",
    { vm, agent: { ...agent, problems: [{ code: "vm-paused", message: "no space", hint: "make room" }] } },
    { state: "unreachable", detail: "no space", hint: "make room" },
  ],
])("%s", (_, seen, status) => {
  expect(deriveStatus(seen)).toMatchObject(status);
});
