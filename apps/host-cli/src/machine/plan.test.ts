import type { GuestState, Lifecycle } from "@boot2docker/protocol";
import { expect, test } from "vitest";
import type { ImageSource } from "../image/manifest.ts";
import { FakeDisk } from "../testing/fake-files.ts";
import { putImage } from "../testing/fake-image.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { rootDir } from "../machine-dir/dir.ts";
import type { Observation } from "./observe.ts";
import { needsVm, planUp, type Step, type UpFacts } from "./plan.ts";

const root = rootDir(new FakeWorld().host());
const source: ImageSource = { path: "/image", id: "1-abc", manifest: putImage(new FakeDisk(() => new Date(0)), "/i") };
const on: Observation["vm"] = { state: "on", process: { pid: 7, startMark: "1", commandLine: "qemu" } };
const agent = { pid: 8, vmPid: 7, guestConnected: true };
const dataDisk = { device: "/dev/vdb", sizeBytes: 1, freeBytes: 1, readOnly: false };

function guestIn(lifecycle: Lifecycle): GuestState {
  return { sequence: 1, lifecycle, uptimeMs: 1, services: [], sshHostKeys: [], addresses: [], dataDisk };
}

function planned(
  seen: Observation,
  changes: { isUnpacked?: boolean; isClientCertificateGood?: boolean; isOfPresentCa?: boolean } = {},
): string[] {
  const { isUnpacked = true, isClientCertificateGood = true, isOfPresentCa = true } = changes;
  const facts: UpFacts = needsVm(seen)
    ? { seen, isOfPresentCa, isClientCertificateGood, needsVm: true, source, isUnpacked }
    : { seen, isOfPresentCa, isClientCertificateGood, needsVm: false };
  return planUp(facts, root).map((step: Step) => (step.kind === "await" ? step.wait : step.kind));
}

const waits = ["agent-attends", "guest-said-hello", "data-disk", "engine-ready", "docker-answers"];

test("a stopped machine is started and waited for", () => {
  expect(planned({ vm: { state: "off" } })).toEqual(["probeDriver", "claimPorts", "startVm", ...waits]);
});

test("an image that is not unpacked is unpacked once nothing else speaks against a start", () => {
  expect(planned({ vm: { state: "off" } }, { isUnpacked: false })).toEqual([
    "probeDriver",
    "claimPorts",
    "unpackImage",
    "startVm",
    ...waits,
  ]);
});

test("a machine that runs and answers needs nothing", () => {
  expect(planned({ vm: on, agent, guest: guestIn({ name: "ready" }), docker: { answers: true } })).toEqual([]);
});

test("an engine that runs with a certificate of an older CA gets one of the present, and its client after it", () => {
  const seen: Observation = { vm: on, agent, guest: guestIn({ name: "ready" }), docker: { answers: true } };
  const changes = { isClientCertificateGood: false, isOfPresentCa: false };
  expect(planned(seen, changes)).toEqual(["renewServerCertificate", "renewClientCertificate"]);
  expect(planned({ vm: { state: "off" } }, changes)[0]).toBe("renewClientCertificate");
  // Which can be told only by a guest that is there.
  expect(planned({ vm: on }, changes)).toEqual([...waits.slice(0, -1), "lookAgain"]);
});

test("a VM that runs is only waited for", () => {
  expect(planned({ vm: on })).toEqual(waits);
  expect(planned({ vm: on, agent, guest: guestIn({ name: "starting", phase: "engine", unmet: [] }) })).toEqual([
    "engine-ready",
    "docker-answers",
  ]);
});

test("a guest that is shutting down is only waited for: it may boot again by itself", () => {
  expect(planned({ vm: on, agent, guest: guestIn({ name: "stopping" }) })).toEqual(["awaitShutdown"]);
});

test("a client certificate near its end is renewed first, whether or not the VM runs", () => {
  const ready = { vm: on, agent, guest: guestIn({ name: "ready" }), docker: { answers: true } as const };
  expect(planned(ready, { isClientCertificateGood: false })).toEqual(["renewClientCertificate"]);
  expect(planned({ vm: { state: "off" } }, { isClientCertificateGood: false })[0]).toBe("renewClientCertificate");
});
