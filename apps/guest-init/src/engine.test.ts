import { describe, expect, it } from "vitest";
import { planEngineConfig, renderContainerdConfig } from "./engine.ts";

describe("planEngineConfig", () => {
  it("listens on TCP with mutual TLS when there is a certificate", () => {
    expect(planEngineConfig(true, {})).toMatchObject({
      hosts: ["unix:///run/docker.sock", "tcp://0.0.0.0:2376"],
      tlsverify: true,
      tlscacert: "/var/lib/boot2docker/tls/ca.pem",
      tlscert: "/var/lib/boot2docker/tls/server.pem",
      tlskey: "/var/lib/boot2docker/tls/server-key.pem",
    });
  });

  it("never listens on TCP without one", () => {
    const config = planEngineConfig(false, {});
    expect(config).toMatchObject({ hosts: ["unix:///run/docker.sock"] });
    expect(config).not.toHaveProperty("tlsverify");
  });

  it("bounds the logs of containers, as long as their driver knows how", () => {
    const limits = { "max-size": "10m", "max-file": "3" };
    expect(planEngineConfig(true, {})).toMatchObject({ "log-driver": "json-file", "log-opts": limits });
    expect(planEngineConfig(true, { "log-driver": "local" })).toMatchObject({ "log-opts": limits });
    expect(planEngineConfig(true, { "log-driver": "syslog" })).not.toHaveProperty("log-opts");
    expect(planEngineConfig(true, { "log-opts": { "max-size": "1m" } })).toMatchObject({
      "log-opts": { "max-size": "1m", "max-file": "3" },
    });
  });

  it("does what is wanted, but where the engine is reached", () => {
    const config = planEngineConfig(false, { mtu: 1400, "storage-driver": "btrfs", hosts: ["tcp://0.0.0.0:2375"] });
    expect(config).toMatchObject({ mtu: 1400, "storage-driver": "btrfs", hosts: ["unix:///run/docker.sock"] });
  });
});

it("containerd listens where dockerd looks for it", () => {
  const { containerd } = planEngineConfig(true, {});
  expect(renderContainerdConfig()).toContain(`address = "${String(containerd)}"`);
});

it("a machine of a host refuses what would be an empty folder in place of the host's", () => {
  const mine = { "authorization-plugins": ["mine"] };
  expect(planEngineConfig(true, mine, "10.0.2.2")).toMatchObject({
    "authorization-plugins": ["mine", "boot2docker"],
  });
  expect(planEngineConfig(true, {})).not.toHaveProperty("authorization-plugins");
});

it("containers find the host where the machine finds it, unless somebody wants it otherwise", () => {
  expect(planEngineConfig(true, {}, "10.0.2.2")).toMatchObject({ "host-gateway-ips": ["10.0.2.2"] });
  expect(planEngineConfig(true, { "host-gateway-ip": "10.9.9.9" }, "10.0.2.2")).not.toHaveProperty("host-gateway-ips");
  expect(planEngineConfig(true, {})).not.toHaveProperty("host-gateway-ips");
});
