import { beforeEach, expect, it } from "vitest";
import { makePlace, readPlaces, removePlace } from "./places.ts";
import { FakeSystem } from "./testing/fake-system.ts";

let system: FakeSystem;
beforeEach(() => {
  system = new FakeSystem();
  system.content.set("/", "").set("/home/docker/x", "");
});
const effects = (): string[] => system.history.filter((entry) => !entry.startsWith("write "));

it("is made on a root that is read-only before and after", async () => {
  await makePlace("/Users/me", system);
  expect(effects()).toEqual(["mount none / none remount", "mkdir /Users/me", "mount none / none remount,ro"]);
  expect(await readPlaces(system)).toEqual(["/Users/me", "/Users"]);
});

it("what is there already is nobody's place", async () => {
  await makePlace("/home/docker", system);
  expect(effects()).toEqual([]);
  await removePlace("/home/docker", system);
  expect(effects()).toEqual([]);
});

it("goes with what was made above it, and nothing that was there before", async () => {
  await makePlace("/home/me/project", system);
  system.history.length = 0;
  await removePlace("/home/me/project", system);
  expect(effects()).toEqual([
    "mount none / none remount",
    "rmdir /home/me/project",
    "rmdir /home/me",
    "mount none / none remount,ro",
  ]);
  expect(await readPlaces(system)).toEqual([]);
});

it("stays while another folder of the host is in it", async () => {
  await makePlace("/projects/a", system);
  system.content.set("/projects/a", "").set("/projects/b/file", "");
  await removePlace("/projects/a", system);
  expect(await readPlaces(system)).toEqual(["/projects"]);
});
