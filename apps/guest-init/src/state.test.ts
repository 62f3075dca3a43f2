import type { Reason } from "@boot2docker/protocol";
import { describe, expect, it } from "vitest";
import { deriveLifecycle, noObservations, type Observations, outerAddresses, type ServiceFacts } from "./state.ts";

const reason: Reason = { code: "no-identity", message: "no certificate" };
const service = (facts: Partial<ServiceFacts>): ServiceFacts => ({
  id: "dockerd",
  state: "ready",
  detail: undefined,
  ...facts,
});
const derive = (seen: Partial<Observations>, services: ServiceFacts[] = []) =>
  deriveLifecycle({ ...noObservations(), ...seen }, services);

describe("deriveLifecycle", () => {
  it("is ready when nothing is missing", () => {
    expect(derive({}, [service({})])).toEqual({ name: "ready" });
  });

  it("is starting, and says by what, as long as ready waits for something", () => {
    expect(derive({ unmet: ["engine", "ready"], running: ["engine"] }, [service({ state: "running" })])).toEqual({
      name: "starting",
      phase: "engine",
      unmet: ["engine", "ready"],
    });
  });

  it("is degraded with every reason", () => {
    const degraded = new Map([["identity", reason]]);
    expect(derive({ degraded }, [service({ state: "failed", detail: "exit code 1" })])).toEqual({
      name: "degraded",
      reasons: [reason, expect.objectContaining({ code: "dockerd-failed" })],
    });
  });

  it.each(["starting", "running", "backoff"] as const)("is degraded while the engine is %s again", (state) => {
    expect(derive({}, [service({ state })])).toMatchObject({ reasons: [{ code: "dockerd-not-ready" }] });
  });

  it("is ready without ssh, unless that failed for good", () => {
    expect(derive({}, [service({ id: "sshd", state: "starting" })])).toEqual({ name: "ready" });
    expect(derive({}, [service({ id: "sshd", state: "failed" })])).toMatchObject({ name: "degraded" });
  });

  it("does not mind services that are only our own", () => {
    expect(derive({}, [service({ id: "console", state: "backoff" })])).toEqual({ name: "ready" });
  });

  it("rescue comes before all that is missing, stopping before rescue", () => {
    expect(derive({ rescue: reason, unmet: ["engine"] })).toEqual({ name: "rescue", reason });
    expect(derive({ rescue: reason, isStopping: true })).toEqual({ name: "stopping" });
  });
});

it("addresses are those of the machine, not of loopback or of Docker's networks", () => {
  const all = ["lo", "eth0", "docker0", "br-1a2b", "veth1"].map((name) => ({ interface: name, address: `of ${name}` }));
  expect(outerAddresses(all)).toEqual(["of eth0"]);
});
