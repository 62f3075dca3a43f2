import { describe, expect, it } from "vitest";
import { findNic, type NetworkConfig, planNetwork, readKeptHostname, setHostname, setUpNetwork } from "./network.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
const fixed: NetworkConfig = {
  mode: "static",
  address: "10.0.2.15/24",
  gateway: "10.0.2.2",
  dns: ["10.0.2.3", "9.9.9.9"],
};

describe("planNetwork", () => {
  it("sets a fixed address in a way that can be repeated", () => {
    expect(planNetwork(fixed, "eth0")).toEqual({
      commands: [
        "link set lo up",
        "link set eth0 up",
        "address replace 10.0.2.15/24 dev eth0",
        "route replace default via 10.0.2.2",
      ],
      resolvConf: "nameserver 10.0.2.3\nnameserver 9.9.9.9\n",
      dhcp: undefined,
    });
  });

  it("has names answered in the machine where there is a host to ask", () => {
    const { commands, resolvConf } = planNetwork({ ...fixed, hostAddress: "10.0.2.2" }, "eth0");
    expect(commands).toContain("address replace 169.254.53.53/32 dev lo");
    expect(resolvConf).toBe("nameserver 169.254.53.53\n");
  });

  it("leaves address and name servers to DHCP", () => {
    expect(planNetwork({ mode: "dhcp" }, "eth0")).toMatchObject({
      commands: ["link set lo up", "link set eth0 up"],
      resolvConf: undefined,
      dhcp: { nic: "eth0" },
    });
  });

  it("has loopback without a network card", () => {
    expect(planNetwork({ mode: "dhcp" }, undefined)).toMatchObject({ commands: ["link set lo up"], dhcp: undefined });
  });
});

it("a card is what has hardware behind it", async () => {
  const system = new FakeSystem();
  system.content.set("/sys/class/net/docker0/bridge/id", "");
  system.content.set("/sys/class/net/eth0/device/vendor", "");
  expect(await findNic(system)).toBe("eth0");
});

it("a failing ip is told with its words", async () => {
  const system = new FakeSystem();
  system.programs.set("/usr/bin/ip", { code: 1, stdout: "", stderr: "RTNETLINK answers: File exists\n" });
  await expect(setUpNetwork(planNetwork(fixed, "eth0"), system, never)).rejects.toThrow(
    "ip -batch ended with code 1: RTNETLINK answers: File exists",
  );
});

it("the machine knows its own name", async () => {
  const system = new FakeSystem();
  await setHostname("dev", system);
  expect(system.history[0]).toBe("set /proc/sys/kernel/hostname dev");
  expect(system.content.get("/etc/hosts")).toContain("127.0.0.1 localhost dev\n");
});

it.each([
  ["dev\n", "dev"],
  ["build-1.example.org", "build-1.example.org"],
  ["", undefined],
])("the disk's host name %j is %s", async (text, name) => {
  const system = new FakeSystem();
  system.content.set("/var/lib/boot2docker/etc/hostname", text);
  expect(await readKeptHostname(system.files)).toBe(name);
});

it.each(["a b", "-a", "a..b", "x".repeat(65), "$(reboot)"])("the disk's host name %j is refused", async (text) => {
  const system = new FakeSystem();
  system.content.set("/var/lib/boot2docker/etc/hostname", text);
  await expect(readKeptHostname(system.files)).rejects.toThrow("is no host name");
});
