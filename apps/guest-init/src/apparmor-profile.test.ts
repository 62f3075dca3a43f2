import { beforeEach, expect, it } from "vitest";
import { keepProfile, loadKeptProfile } from "./apparmor-profile.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const LOADED = "/sys/kernel/security/apparmor/policy/profiles/docker-default.0/raw_data";
const REPLACE = "/sys/kernel/security/apparmor/.replace";
const compiled = new Uint8Array([4, 8, 0, 255]);

let system: FakeSystem;
beforeEach(() => {
  system = new FakeSystem();
  system.content.set("/usr/lib/os-release", 'VERSION_ID="1.0.0"\n');
  system.content.set("/usr/sbin/dockerd", "a dockerd");
  system.content.set(REPLACE, "");
});

it("what dockerd had compiled is what the next one of its kind is given", async () => {
  system.content.set(LOADED, compiled);
  await keepProfile(system);
  system.content.delete(LOADED);
  expect(await loadKeptProfile(system)).toBe(true);
  expect(system.history.at(-1)).toBe(`set ${REPLACE} 4,8,0,255`);
});

it("not one of another kind, whose profile takes its place", async () => {
  system.content.set(LOADED, compiled);
  await keepProfile(system);
  system.content.delete(LOADED);
  system.content.set("/usr/sbin/dockerd", "another dockerd");
  expect(await loadKeptProfile(system)).toBe(false);
  system.content.set(LOADED, new Uint8Array([1]));
  await keepProfile(system);
  const kept = [...system.content.keys()].filter((path) => path.includes("/state/apparmor/"));
  expect(kept).toHaveLength(1);
});

it("a profile that is loaded stays, and without AppArmor there is nothing to keep", async () => {
  await keepProfile(system);
  expect(await loadKeptProfile(system)).toBe(false);
  system.content.set(LOADED, compiled);
  await keepProfile(system);
  expect(await loadKeptProfile(system)).toBe(false);
});
