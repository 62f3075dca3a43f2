import { describe, expect, it } from "vitest";
import { planEngineConfig, renderContainerdConfig } from "./engine.ts";

describe("planEngineConfig", () => {
  it("listens on TCP with mutual TLS when there is a certificate", () => {
    const config = planEngineConfig({ hasIdentity: true, hasSwarmState: false });
    expect(config).toMatchObject({
      hosts: ["unix:///run/docker.sock", "tcp://0.0.0.0:2376"],
      tlsverify: true,
      tlscacert: "/var/lib/boot2docker/tls/ca.pem",
      tlscert: "/var/lib/boot2docker/tls/server.pem",
      tlskey: "/var/lib/boot2docker/tls/server-key.pem",
    });
  });

  it("never listens on TCP without one", () => {
    const config = planEngineConfig({ hasIdentity: false, hasSwarmState: false });
    expect(config.hosts).toEqual(["unix:///run/docker.sock"]);
    expect(config).not.toHaveProperty("tlsverify");
  });

  it("keeps containers alive over a dead dockerd, except where swarm forbids it", () => {
    expect(planEngineConfig({ hasIdentity: true, hasSwarmState: false })["live-restore"]).toBe(true);
    expect(planEngineConfig({ hasIdentity: true, hasSwarmState: true })["live-restore"]).toBe(false);
  });

  it("bounds the logs of containers", () => {
    expect(planEngineConfig({ hasIdentity: true, hasSwarmState: false })["log-opts"]).toEqual({
      "max-size": "10m",
      "max-file": "3",
    });
  });
});

it("containerd listens where dockerd looks for it", () => {
  const { containerd } = planEngineConfig({ hasIdentity: true, hasSwarmState: false });
  expect(renderContainerdConfig()).toContain(`address = "${containerd}"`);
});
