import { beforeEach, describe, expect, test } from "vitest";
import { machineDir, type MachineDir } from "../machine-dir/dir.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { describeContext, ensureContext, forgetContext, mayBecomeCurrent, useContext } from "./docker-context.ts";
import { linkUsualSocket, unlinkUsualSocket } from "./usual-socket.ts";

/** `printf boot2docker | sha256sum` */
const id = "275ce123ceedf603940c3dec8d1096a15cf274d9997f45362929ac371aa1c3ad";
const config = "/home/user/.docker/config.json";

let world: FakeWorld;
let dir: MachineDir;
const host = () => world.host();
const metaPath = () => world.disk.names().find((name) => name.endsWith("/meta.json")) ?? "";
const currentContext = () =>
  (JSON.parse(world.disk.text(config) ?? "{}") as { currentContext?: string }).currentContext;

beforeEach(() => {
  world = new FakeWorld();
  dir = machineDir(host(), "boot2docker");
});

test("a context is made as the docker client keeps its own, and known as the machine's", async () => {
  await ensureContext(host(), dir);
  expect(metaPath()).toBe(`/home/user/.docker/contexts/meta/${id}/meta.json`);
  expect(JSON.parse(world.disk.text(metaPath()) ?? "")).toEqual({
    Name: "boot2docker",
    Metadata: { Description: "boot2docker machine boot2docker", boot2docker: dir.path },
    Endpoints: { docker: { Host: `unix://${dir.dockerSocket}`, SkipTLSVerify: false } },
  });
  expect(await describeContext(host(), dir)).toMatchObject({ isMade: true, isCurrent: false });
});

test("one that leads elsewhere by now is repaired", async () => {
  await ensureContext(host(), dir);
  const good = world.disk.text(metaPath()) ?? "";
  world.disk.put(metaPath(), good.replace(dir.dockerSocket, "/elsewhere"));
  expect(await describeContext(host(), dir)).toMatchObject({ isMade: false });
  await ensureContext(host(), dir);
  expect(world.disk.text(metaPath())).toBe(good);
});

describe("a context of the name that is not the machine's", () => {
  test.each([
    ["somebody's", JSON.stringify({ Name: "boot2docker", Metadata: {}, Endpoints: {} })],
    ["unreadable", "{"],
    [
      "of a machine in another directory",
      JSON.stringify({ Name: "boot2docker", Metadata: { boot2docker: "/other/machines/boot2docker" } }),
    ],
  ])("(%s) is neither replaced nor removed", async (_, text) => {
    await ensureContext(host(), dir);
    const path = metaPath();
    world.disk.put(path, text);
    await expect(ensureContext(host(), dir)).rejects.toMatchObject({ code: "context-foreign" });
    await expect(useContext(host(), dir)).rejects.toMatchObject({ code: "context-foreign" });
    await forgetContext(host(), dir);
    expect(world.disk.text(path)).toBe(text);
  });
});

describe("the context that clients use", () => {
  test("is set beside all else that is in the client's settings", async () => {
    world.disk.put("/home/user/.docker", "", { kind: "directory" });
    world.disk.put(config, JSON.stringify({ auths: { "registry.test": { auth: "secret" } }, HttpHeaders: {} }));
    await useContext(host(), dir);
    expect(JSON.parse(world.disk.text(config) ?? "")).toEqual({
      auths: { "registry.test": { auth: "secret" } },
      HttpHeaders: {},
      currentContext: "boot2docker",
    });
  });

  test("goes with the machine, and back to the client's own default", async () => {
    await useContext(host(), dir);
    await forgetContext(host(), dir);
    expect(currentContext()).toBeUndefined();
    expect(metaPath()).toBe("");
  });

  test("that somebody chose later stays when the machine goes", async () => {
    await useContext(host(), dir);
    world.disk.put(config, JSON.stringify({ currentContext: "remote" }));
    await forgetContext(host(), dir);
    expect(currentContext()).toBe("remote");
  });

  test("is not touched in settings that can't be read", async () => {
    world.disk.put("/home/user/.docker", "", { kind: "directory" });
    world.disk.put(config, "{ currentContext");
    await expect(useContext(host(), dir)).rejects.toMatchObject({ code: "docker-config-unreadable" });
    expect(world.disk.text(config)).toBe("{ currentContext");
  });

  test("may be the default machine's where nobody chose one and this host has no engine", async () => {
    expect(await mayBecomeCurrent(host(), dir)).toBe(true);
    expect(await mayBecomeCurrent(host(), machineDir(host(), "work"))).toBe(false);
    world.disk.put("/var/run/docker.sock", "", { kind: "socket" });
    expect(await mayBecomeCurrent(host(), dir)).toBe(false);
  });
});

test("DOCKER_CONFIG moves all of it; another machine's context has its name", async () => {
  world.env["DOCKER_CONFIG"] = "/elsewhere";
  const work = machineDir(host(), "work");
  await ensureContext(host(), work);
  expect(metaPath()).toMatch(/^\/elsewhere\/contexts\/meta\//);
  expect(await describeContext(host(), work)).toMatchObject({ name: "boot2docker-work", isMade: true });
});

describe("the socket where clients look", () => {
  const usual = "/home/user/.docker/run/docker.sock";

  test("leads to the default machine, and goes with it", async () => {
    await linkUsualSocket(host(), dir);
    await linkUsualSocket(host(), dir);
    expect(world.disk.text(usual)).toBe(dir.dockerSocket);
    await unlinkUsualSocket(host(), dir);
    expect(world.disk.names()).not.toContain(usual);
  });

  test("is left to whoever has it", async () => {
    await linkUsualSocket(host(), machineDir(host(), "work"));
    expect(world.disk.names()).not.toContain(usual);
    world.disk.put(usual, "/somebody/docker.sock", { kind: "symlink" });
    await linkUsualSocket(host(), dir);
    await unlinkUsualSocket(host(), dir);
    expect(world.disk.text(usual)).toBe("/somebody/docker.sock");
  });
});
