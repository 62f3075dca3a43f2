import { expect, test } from "vitest";
import { startsWithFolders } from "./containers-folders.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const home = [{ path: "/home/me", readOnly: false }];
const always = { RestartPolicy: { Name: "always" } };
const never = { RestartPolicy: { Name: "no" } };

test.each([
  ["no container at all", undefined, false],
  ["one that is started again, with something of a folder", { ...always, Binds: ["/home/me/x:/x:ro"] }, true],
  ["with the folder itself", { ...always, Binds: ["/home/me:/x"] }, true],
  ["by --mount", { ...always, Mounts: [{ Type: "bind", Source: "/home/me/x", Target: "/x" }] }, true],
  ["with a volume", { ...always, Binds: ["home:/x"], Mounts: [{ Type: "volume", Source: "/home/me" }] }, false],
  ["with something else of a name that begins alike", { ...always, Binds: ["/home/me2:/x"] }, false],
  ["one that stays as it is", { ...never, Binds: ["/home/me/x:/x"] }, false],
  ["a file that is none of dockerd's", { Binds: 7 }, false],
])("whether the engine waits for folders: %s", async (_, config, isWaiting) => {
  const system = new FakeSystem();
  if (config !== undefined) {
    await system.files.write("/var/lib/docker/containers/abc/hostconfig.json", JSON.stringify(config));
  }
  expect(await startsWithFolders(home, system)).toBe(isWaiting);
  const remapped = new FakeSystem();
  for (const [path, text] of system.content)
    remapped.content.set(path.replace("/containers", "/1000.1000/containers"), text);
  expect(await startsWithFolders(home, remapped)).toBe(isWaiting);
  expect(await startsWithFolders([], system)).toBe(false);
});
