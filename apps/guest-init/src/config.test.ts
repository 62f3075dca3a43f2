import { expect, it } from "vitest";
import { defaultConfig, keepConfig, keepHostAddress, recallConfig, recallHostAddress } from "./config.ts";
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
  const { files, history, content } = new FakeSystem();
  expect(await recallHostAddress(files)).toBeUndefined();
  for (let boot = 0; boot < 2; boot += 1) await keepHostAddress("10.0.2.2", files);
  expect(history, "written once").toHaveLength(1);
  expect(await recallHostAddress(files)).toBe("10.0.2.2");
  for (const path of content.keys()) content.set(path, "no address");
  expect(await recallHostAddress(files)).toBeUndefined();
});
