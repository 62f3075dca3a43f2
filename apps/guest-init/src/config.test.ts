import { expect, it } from "vitest";
import { defaultConfig, keepConfig, recallConfig } from "./config.ts";
import { FakeSystem } from "./testing/fake-system.ts";

it("what the host said last is known to the next guest-init, and to nobody else", async () => {
  const { files, history } = new FakeSystem();
  expect(await recallConfig(files)).toBeNull();
  const config = { ...defaultConfig, hostname: "dev", authorizedKeys: ["ssh-ed25519 AAAA"] };
  await keepConfig(config, files);
  expect(await recallConfig(files)).toEqual(config);
  expect(history).toEqual(["write /run/guest-init/config.json 600"]);
});
