import { expect, it } from "vitest";
import { defaultConfig, findHostAddress, keepConfig, recallConfig } from "./config.ts";
import { FakeSystem } from "./testing/fake-system.ts";

it("what the host said last is known to the next guest-init, and to nobody else", async () => {
  const { files, history } = new FakeSystem();
  expect(await recallConfig(files)).toBeNull();
  const config = { ...defaultConfig, hostname: "dev", authorizedKeys: ["ssh-ed25519 AAAA"] };
  await keepConfig(config, files);
  expect(await recallConfig(files)).toEqual(config);
  expect(history).toEqual(["write /run/guest-init/config.json 600"]);
});

it("at a boot without the host it is where it was", async () => {
  const { files, history } = new FakeSystem();
  const network = {
    mode: "static",
    address: "10.0.2.15/24",
    gateway: "10.0.2.2",
    dns: [],
    hostAddress: "10.0.2.2",
  } as const;
  const config = { ...defaultConfig, network: { ...network, dns: [] } };
  expect(await findHostAddress(null, files)).toBeUndefined();
  for (let boot = 0; boot < 2; boot += 1) expect(await findHostAddress(config, files)).toBe("10.0.2.2");
  expect(await findHostAddress(null, files)).toBe("10.0.2.2");
  expect(history, "written once").toHaveLength(1);
});
