import { expect, test } from "vitest";
import { SharedFolders } from "./shared-folders.ts";

const rw = (path: string) => ({ path, readOnly: false });
const ro = (path: string) => ({ path, readOnly: true });

test("what the guest still has is served until it has let go of it", () => {
  const shared = new SharedFolders();
  shared.want([rw("/a"), rw("/b")]);
  shared.heard([rw("/a"), rw("/b")]);
  const [a] = shared.list;
  shared.want([rw("/a")]);
  expect(shared.list).toEqual([rw("/a"), rw("/b")]);
  shared.heard([rw("/a")]);
  expect(shared.list).toEqual([rw("/a")]);
  expect(shared.list[0], "the same object: what clients have of it stays").toBe(a);
});

test("one that is to be read only is so when the guest has written all", () => {
  const shared = new SharedFolders();
  shared.want([rw("/a")]);
  shared.heard([rw("/a")]);
  shared.want([ro("/a")]);
  expect(shared.list).toEqual([rw("/a")]);
  shared.heard([]);
  expect(shared.list).toEqual([ro("/a")]);
});

test("a guest adds nothing to what is shared, and makes nothing writable, whatever it says", () => {
  const shared = new SharedFolders();
  shared.want([ro("/a")]);
  shared.heard([rw("/a"), rw("/etc"), rw("//")]);
  expect(shared.list).toEqual([ro("/a")]);
  shared.want([]);
  shared.heard([rw("/a")]);
  expect(shared.list).toEqual([ro("/a")]);
});
