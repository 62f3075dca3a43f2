import { expect, test } from "vitest";
import { absolutePath, defaultFolders, isSameFolders, parseFolder, parseFolderOptions } from "./folders.ts";

const bases = { homeDir: "/home/me", workingDir: "/home/me/project" };

test.each([
  ["/srv/data", { path: "/srv/data", readOnly: false }],
  ["/srv/data:ro", { path: "/srv/data", readOnly: true }],
  ["/srv/data:rw", { path: "/srv/data", readOnly: false }],
  ["/srv/data:watch", { path: "/srv/data", readOnly: false, watch: true }],
  ["/srv/data:rw:watch", { path: "/srv/data", readOnly: false, watch: true }],
  ["/srv/a:b", { path: "/srv/a:b", readOnly: false }],
  ["/srv//data/./x/../", { path: "/srv/data", readOnly: false }],
  ["~", { path: "/home/me", readOnly: false }],
  ["~/x:ro", { path: "/home/me/x", readOnly: true }],
  [".", { path: "/home/me/project", readOnly: false }],
  ["../other", { path: "/home/me/other", readOnly: false }],
  ["/tmp/x", { path: "/tmp/x", readOnly: false }],
  ["/var/home/me", { path: "/var/home/me", readOnly: false }],
])("the folder %s", (text, folder) => {
  expect(parseFolder(text, bases)).toEqual({ folder });
});

test.each([
  ["/", "the whole host"],
  ["/../..", "the whole host"],
  ["/usr/share", "/usr is the machine's own"],
  ["/etc", "/etc is the machine's own"],
  ["/home", "its own /home/docker"],
  ["/home/docker/x", "its own /home/docker"],
  ["/var", "its own /var/lib/boot2docker"],
  ["/var/lib/docker/volumes", "its own /var/lib/docker"],
  ["/tmp", "its own /tmp"],
  ["/srv/a\nb", "control character"],
  ["/srv/a:ro:watch", "read-only says nothing to watchers"],
])("%j can't be shared", (text, problem) => {
  expect(parseFolder(text, bases)).toEqual({ problem: expect.stringContaining(problem) as string });
});

test("options: the last word on a folder counts, and none is none", () => {
  const problems: string[] = [];
  expect(parseFolderOptions({}, bases, problems)).toBeUndefined();
  expect(parseFolderOptions({ mount: ["none"] }, bases, problems)).toEqual([]);
  expect(parseFolderOptions({ mount: ["/a", "/a:ro"] }, bases, problems)).toEqual([{ path: "/a", readOnly: true }]);
  expect(problems).toEqual([]);
  parseFolderOptions({ mount: ["none", "/a", "/etc"] }, bases, problems);
  expect(problems).toEqual([
    "--mount /etc: /etc is the machine's own: choose another folder",
    "--mount none: there is another --mount",
  ]);
});

test("a home that can't be shared is not what a new machine has", () => {
  expect(defaultFolders("/home/me")).toEqual([{ path: "/home/me", readOnly: false }]);
  expect(defaultFolders("/")).toEqual([]);
  expect(defaultFolders("/home/docker")).toEqual([]);
});

test("folders are the same in any order, and not with another access", () => {
  const [a, b] = [
    { path: "/a", readOnly: false },
    { path: "/b", readOnly: true },
  ];
  expect(isSameFolders([a, b], [b, a])).toBe(true);
  expect(isSameFolders([a], [{ ...a, readOnly: true }])).toBe(false);
  expect(isSameFolders([a], [{ ...a, watch: true }])).toBe(false);
  expect(isSameFolders([a], [])).toBe(false);
});

test("a path of no other kind stays as it is", () => {
  expect(absolutePath("~other/x", bases)).toBe("/home/me/project/~other/x");
});
