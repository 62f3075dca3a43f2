import { beforeEach, expect, it } from "vitest";
import { defaultConfig } from "./config.ts";
import { chooseEngineSettings, proveEngineSettings, refuseEngineSettings } from "./engine-choice.ts";
import { noSettings } from "./engine-settings.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
const own = "/var/lib/boot2docker";
const userFile = `${own}/etc/docker/daemon.json`;
let system: FakeSystem;

beforeEach(() => {
  system = new FakeSystem();
});

const choose = () => chooseEngineSettings(defaultConfig, system, never);
const checks = (): number => system.history.filter((entry) => entry.includes("dockerd --validate")).length;
const refusal = { code: 1, stdout: "", stderr: "unable to configure the Docker daemon: no such option: foo\n" };

it("when nobody wants anything there is nothing to check", async () => {
  expect(await choose()).toEqual({ settings: noSettings, isProven: true, problems: [] });
  expect(checks()).toBe(0);
});

it("the machine's settings go before the profile, the user's file before both", async () => {
  system.content.set(`${own}/profile`, "EXTRA_ARGS='--mtu 1300 --label by=profile --label from=profile'\nexport A=1\n");
  system.content.set(userFile, '{"mtu": 1500}');
  const engine = { daemon: { mtu: 1400, labels: ["from=machine"] }, env: { B: "2" } };
  expect(await chooseEngineSettings({ ...defaultConfig, engine }, system, never)).toEqual({
    settings: { daemon: { mtu: 1500, labels: ["from=machine", "by=profile"] }, env: { A: "1", B: "2" } },
    isProven: false,
    problems: [],
  });
});

it("settings are checked by dockerd until one has run with them", async () => {
  system.content.set(userFile, '{"debug": true}');
  const { settings } = await choose();
  expect(checks()).toBe(1);
  await proveEngineSettings(settings, system.files);
  expect(await choose()).toEqual({ settings, isProven: true, problems: [] });
  expect(checks()).toBe(1);
});

it("what dockerd refuses is not used, but what worked last", async () => {
  system.content.set(userFile, '{"debug": true}');
  const { settings: proven } = await choose();
  await proveEngineSettings(proven, system.files);
  system.content.set(userFile, '{"foo": true}');
  system.programs.set("/usr/sbin/dockerd --validate", refusal);
  expect(await choose()).toEqual({
    settings: proven,
    isProven: true,
    problems: [
      "dockerd does not take these settings: unable to configure the Docker daemon: no such option: foo",
      "what worked last is used",
    ],
  });
});

it("what no dockerd started with is not tried again in this boot", async () => {
  system.content.set(userFile, '{"bridge": "none-such"}');
  const { settings } = await choose();
  await refuseEngineSettings(settings, "dockerd does not start", system.files);
  expect(await choose()).toEqual({
    settings: noSettings,
    isProven: true,
    problems: ["dockerd does not start", "what worked last is used"],
  });
  system.content.set(userFile, '{"bridge": "docker0"}');
  expect(await choose()).toMatchObject({ settings: { daemon: { bridge: "docker0" } }, problems: [] });
});

it.each([
  ["{", "Expected property name or '}' in JSON at position 1 (line 1 column 2)"],
  ["[]", "expected an object"],
  [`"${"x".repeat(300_000)}"`, "the file is too large"],
])("with a file of %.10s the engine is as it was", async (text, problem) => {
  system.content.set(userFile, '{"debug": true}');
  const { settings: proven } = await choose();
  await proveEngineSettings(proven, system.files);
  system.content.set(userFile, text);
  expect(await choose()).toEqual({
    settings: proven,
    isProven: true,
    problems: [`${userFile}: ${problem}`, "what worked last is used"],
  });
});

it("a new file that cannot be read does not take away what others want", async () => {
  const config = { ...defaultConfig, engine: { daemon: { mtu: 1400 }, env: {} } };
  const { settings } = await chooseEngineSettings(config, system, never);
  system.content.set(userFile, "{");
  expect(await chooseEngineSettings(config, system, never)).toMatchObject({ settings, isProven: false });
  await proveEngineSettings(settings, system.files);
  expect(await chooseEngineSettings(config, system, never)).toMatchObject({ settings, isProven: true });
});

it("what is boot2docker's to decide is told, and the rest is heard", async () => {
  system.content.set(userFile, '{"hosts": [], "debug": true}');
  expect(await choose()).toMatchObject({
    settings: { daemon: { debug: true } },
    problems: [`${userFile}: hosts: decided by boot2docker`],
  });
});

it("while the host is away the machine's settings are those that it said last", async () => {
  const engine = { daemon: { "userns-remap": "default" }, env: {} };
  await chooseEngineSettings({ ...defaultConfig, engine }, system, never);
  expect(await chooseEngineSettings(null, system, never)).toMatchObject({ settings: engine });
  await choose(); // It says that there are none.
  expect(await chooseEngineSettings(null, system, never)).toMatchObject({ settings: noSettings });
});

it("what worked with another image is checked again, and not what is gone back to", async () => {
  system.content.set(userFile, '{"debug": true}');
  await proveEngineSettings((await choose()).settings, system.files);
  system.content.set("/usr/lib/os-release", "VERSION_ID=2.0.0\n");
  expect(await choose()).toMatchObject({ isProven: false });
  system.programs.set("/usr/sbin/dockerd --validate", refusal);
  expect(await choose()).toMatchObject({ settings: noSettings, isProven: true });
});

it("an empty file is as good as none", async () => {
  system.content.set(userFile, "\n");
  expect(await choose()).toMatchObject({ problems: [] });
});
