import { beforeEach, describe, expect, it, test } from "vitest";
import {
  changeFolders,
  keepFolderList,
  mountOptions,
  planFolders,
  readFolderList,
  readFolders,
  removeStandIns,
  standInFor,
  unmountFolders,
} from "./folders.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
const rw = (path: string) => ({ path, readOnly: false });
const ro = (path: string) => ({ path, readOnly: true });

describe("what has to change", () => {
  test.each([
    ["nothing, when all is there", [rw("/a"), ro("/b")], [ro("/b"), rw("/a")], [], []],
    ["a folder is mounted before what is in it", [rw("/a/b"), rw("/a")], [], [rw("/a"), rw("/a/b")], []],
    ["and goes after that", [], [rw("/a"), rw("/a/b")], [], [rw("/a/b"), rw("/a")]],
    ["what is to be read only is mounted again", [ro("/a")], [rw("/a")], [ro("/a")], [rw("/a")]],
    [
      "with what is in it",
      [ro("/a"), rw("/a/b")],
      [rw("/a"), rw("/a/b")],
      [ro("/a"), rw("/a/b")],
      [rw("/a/b"), rw("/a")],
    ],
    ["a name that only begins alike stays", [rw("/ab")], [rw("/a"), rw("/ab")], [], [rw("/a")]],
  ])("%s", (_, wanted, mounted, mount, unmount) => {
    expect(planFolders(wanted, mounted)).toEqual({ mount, unmount });
  });
});

let system: FakeSystem;
beforeEach(() => {
  system = new FakeSystem();
});

it("tells the host's folders from other mounts", async () => {
  system.content.set(
    "/proc/self/mountinfo",
    [
      "1 1 0:1 / / ro - squashfs /dev/vda ro",
      "2 1 0:2 / /home/me rw,nosuid - nfs 127.0.0.1:/home/me rw,vers=3",
      "3 1 0:3 / /srv/data ro,nosuid - nfs 127.0.0.1:/srv/data ro,vers=3",
      "4 1 0:4 / /mnt/nas rw - nfs nas:/export rw",
      "5 1 0:2 /x /var/lib/docker/x rw - nfs 127.0.0.1:/home/me rw",
    ].join("\n"),
  );
  expect(await readFolders(system)).toEqual([rw("/home/me"), ro("/srv/data")]);
});

describe("mounting", () => {
  it("closes the port to containers before the host opens it, and mounts then", async () => {
    system.programs.set("/usr/sbin/iptables -w 10 -C", { code: 1, stdout: "", stderr: "" });
    const host = { isThere: true, connect: async (): Promise<void> => void system.history.push("connect") };
    expect(await changeFolders({ mount: [ro("/a")], unmount: [] }, 7, host, system, never)).toEqual([]);
    expect(system.history.filter((entry) => /^(run|connect)/.test(entry))).toEqual([
      expect.stringContaining("iptables -w 10 -C OUTPUT"),
      "run /usr/sbin/iptables -w 10 -I OUTPUT -d 127.0.0.1 -p tcp --dport 7 -m cgroup --path docker -j REJECT",
      "run /usr/sbin/ip6tables -w 10 -C OUTPUT -d ::1 -p tcp --dport 7 -m cgroup --path docker -j REJECT",
      "connect",
      `run /usr/bin/mount -i -t nfs -o ${mountOptions(ro("/a"), 7)} 127.0.0.1:/a /a`,
    ]);
  });

  it("goes on with the next when one fails, and says which", async () => {
    system.programs.set("/usr/bin/mount -i -t nfs -o", {
      code: 32,
      stdout: "",
      stderr: "mount: /a: no such folder\nmore\n",
    });
    const changes = { mount: [rw("/a"), rw("/b")], unmount: [] };
    const problems = await changeFolders(changes, 7, { isThere: true, connect: async () => undefined }, system, never);
    expect(problems).toEqual(["/a: mount: /a: no such folder", "/b: mount: /a: no such folder"]);
  });

  it("asks nobody when there is nothing to mount", async () => {
    const host = { isThere: true, connect: (): Promise<never> => Promise.reject(new Error("asked")) };
    expect(await changeFolders({ mount: [], unmount: [rw("/a")] }, 7, host, system, never)).toEqual([]);
    expect(system.history).toEqual(["run /usr/bin/busybox sync -f /a", "run /usr/bin/umount -i /a"]);
  });
});

describe("a folder that is not there", () => {
  it("has an empty one in its place that nobody can write to, and only once", async () => {
    await standInFor([rw("/a")], system, never);
    expect(system.history.at(-1)).toMatch(/^run \/usr\/bin\/mount -t tmpfs -o ro,.* boot2docker-folder \/a$/);
    system.content.set("/proc/self/mountinfo", "2 1 0:2 / /a ro - tmpfs boot2docker-folder ro\n");
    const before = system.history.length;
    await standInFor([rw("/a")], system, never);
    expect(system.history).toHaveLength(before);
  });

  it("has none where there is no place for it, and others have theirs", async () => {
    system.files.makeDirectory = async (path) => {
      if (path === "/Users/me") throw new Error("EROFS");
    };
    await standInFor([rw("/Users/me"), rw("/a")], system, never);
    expect(system.history.filter((entry) => entry.includes("boot2docker-folder"))).toEqual([
      expect.stringMatching(/ \/a$/) as string,
    ]);
  });

  it("has it no longer when it comes, or is not wanted any more", async () => {
    system.content.set(
      "/proc/self/mountinfo",
      "2 1 0:2 / /a ro - tmpfs boot2docker-folder ro\n2 1 0:2 / /b ro - tmpfs boot2docker-folder ro\n",
    );
    await removeStandIns([rw("/b")], system, never);
    expect(system.history).toEqual(["run /usr/bin/umount -i -l /a"]);
  });

  it("is known at a boot at which the host says nothing", async () => {
    expect(await readFolderList(system)).toEqual([]);
    await keepFolderList([ro("/a")], system);
    expect(await readFolderList(system)).toEqual([ro("/a")]);
    const before = system.history.length;
    await keepFolderList([ro("/a")], system);
    expect(system.history, "written once").toHaveLength(before);
  });
});

describe("at the end", () => {
  beforeEach(() => {
    const mounts = ["/a", "/a/b"].map((path) => `2 1 0:2 / ${path} rw - nfs 127.0.0.1:${path} rw\n`);
    system.content.set("/proc/self/mountinfo", mounts.join(""));
  });

  it("what is in a folder goes before it, each after what was to be written", async () => {
    expect(await unmountFolders(true, system, never)).toEqual([]);
    expect(system.history).toEqual([
      "run /usr/bin/busybox sync -f /a/b",
      "run /usr/bin/umount -i /a/b",
      "run /usr/bin/busybox sync -f /a",
      "run /usr/bin/umount -i /a",
    ]);
  });

  it("one in use is detached when it was written, and nobody is sorry", async () => {
    system.programs.set("/usr/bin/umount -i /a", { code: 32, stdout: "", stderr: "target is busy" });
    expect(await unmountFolders(true, system, never)).toEqual([]);
    expect(system.history).toContain("run /usr/bin/umount -i -l /a");
  });

  it("without the host they go by force, and what may be lost is said", async () => {
    system.programs.set("/usr/bin/umount -i /a", { code: 32, stdout: "", stderr: "target is busy" });
    expect(await unmountFolders(false, system, never)).toEqual([
      expect.stringContaining("/a/b: what was last written there may be lost") as string,
      expect.stringContaining("/a: what was last written there may be lost") as string,
    ]);
    expect(system.history).toContain("run /usr/bin/umount -i -f -l /a");
  });
});
