import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { at, changes, named, type NfsClient } from "./testing/nfs-client.ts";
import { ServedFolder } from "./testing/served-folder.ts";

/** `nfsstat3`. */
const [ok, noEntry, crossDevice, notDirectory, stale, badHandle] = [0, 2, 18, 20, 70, 10001] as const;

let served: ServedFolder;
let folder: string;
let path: ServedFolder["path"];
let serve: ServedFolder["serve"];
let client: NfsClient;
let root: Buffer;

beforeEach(async () => {
  served = new ServedFolder();
  ({ folder, path, serve } = served);
  ({ client, root } = await serve());
});
afterEach(() => served.close());

describe("handles", () => {
  it("outlive the server", async () => {
    mkdirSync(path("a", "b"), { recursive: true });
    writeFileSync(path("a", "b", "f"), "content");
    const { handle: a } = await client.lookup(root, "a");
    const { handle: b } = await client.lookup(a, "b");
    const { handle: file } = await client.lookup(b, "f");
    const later = await serve();
    expect(await later.client.read(file, 0, 100)).toMatchObject({ status: ok, data: Buffer.from("content") });
    expect(await later.client.getattr(b)).toMatchObject({ status: ok });
    expect((await later.client.lookup(b, "f")).handle).toEqual(file);
  });

  it("follow a directory that is renamed on the host", async () => {
    mkdirSync(path("before"));
    writeFileSync(path("before", "f"), "");
    const { handle } = await client.lookup(root, "before");
    renameSync(path("before"), path("after"));
    expect(await client.getattr(handle)).toMatchObject({ status: ok });
    expect(await client.lookup(handle, "f")).toMatchObject({ status: ok });
  });

  it("of a file that was renamed while it is open outlive the server, too", async () => {
    const { handle } = await client.create(root, "log");
    await client.call("rename", named(root, "log").opaque(root).opaque(Buffer.from("log.1")));
    const later = await serve();
    expect(await later.client.write(handle, 0, Buffer.from("more"))).toMatchObject({ status: ok });
    expect(readFileSync(path("log.1"), "utf8")).toBe("more");
    expect((await later.client.lookup(root, "log.1")).handle).toEqual(handle);
  });

  it("of a file go on by its other name", async () => {
    const { handle } = await client.create(root, "one");
    await client.call("link", at(handle).opaque(root).opaque(Buffer.from("two")));
    await client.call("remove", named(root, "one"));
    expect(await client.write(handle, 0, Buffer.from("more"))).toMatchObject({ status: ok });
    expect(readFileSync(path("two"), "utf8")).toBe("more");
  });

  it("of a directory that was renamed on the host are good for what is in it, without a look at itself", async () => {
    mkdirSync(path("before"));
    writeFileSync(path("before", "f"), "");
    const { handle } = await client.lookup(root, "before");
    const later = await serve();
    renameSync(path("before"), path("after"));
    expect((await later.client.lookup(handle, "f")).status).toBe(ok);
  });

  it("of a directory in the place of a file are of a directory", async () => {
    writeFileSync(path("x"), "");
    await client.lookup(root, "x");
    unlinkSync(path("x"));
    mkdirSync(path("x"));
    const { handle } = await client.lookup(root, "x");
    expect((await client.list(handle, 0n, 8192)).status).toBe(ok);
  });

  it("of what is gone or was replaced are stale", async () => {
    writeFileSync(path("f"), "old");
    const { handle } = await client.lookup(root, "f");
    writeFileSync(path("f.new"), "new");
    renameSync(path("f.new"), path("f"));
    expect(await client.getattr(handle)).toMatchObject({ status: stale });
    expect(await client.read(handle, 0, 9)).toMatchObject({ status: stale });
    expect((await client.lookup(root, "f")).handle).not.toEqual(handle);
  });

  it.each([Buffer.alloc(0), Buffer.from("not one of ours, but long enough"), Buffer.alloc(64)])(
    "%j is none",
    async (bytes) => {
      expect(await client.getattr(bytes)).toMatchObject({ status: badHandle });
    },
  );

  it("of a share that is not there any more are stale", async () => {
    served.shares = [];
    expect(await client.getattr(root)).toMatchObject({ status: stale });
    expect(await client.mount("/home/me")).toMatchObject({ status: noEntry });
  });
});

describe("nobody comes out of a share", () => {
  it("by a name", async () => {
    expect((await client.lookup(root, "..")).handle).toEqual(root);
    for (const name of ["../secret", "", "x\0y"]) expect((await client.lookup(root, name)).status).not.toBe(ok);
    expect((await client.create(root, "../made")).status).not.toBe(ok);
    expect(existsSync(join(folder, "made"))).toBe(false);
    expect(await client.mount("/home/me/..")).toMatchObject({ status: noEntry });
  });

  it("by a symbolic link, which is the client's to follow", async () => {
    symlinkSync(folder, path("out"));
    symlinkSync(join(folder, "secret"), path("file"));
    const { handle: out } = await client.lookup(root, "out");
    expect(await client.lookup(out, "secret")).toMatchObject({ status: notDirectory });
    const { handle: file } = await client.lookup(root, "file");
    expect((await client.read(file, 0, 100)).status).not.toBe(ok);
    await client.call("setattr", changes(at(file), { mode: 0o777, size: 0 }).u32(0));
    expect(readFileSync(join(folder, "secret"), "utf8")).toBe("secret");
    expect(statSync(join(folder, "secret")).mode & 0o777).not.toBe(0o777);
  });

  it("by a link that was put into the place of a directory", async () => {
    mkdirSync(path("d"));
    writeFileSync(path("d", "secret"), "harmless");
    const { handle: directory } = await client.lookup(root, "d");
    const { handle: file } = await client.lookup(directory, "secret");
    const later = await serve(); // It has neither of them open.
    renameSync(path("d"), path("moved"));
    symlinkSync(folder, path("d"));
    const { handle: again } = await later.client.lookup(directory, "secret");
    expect((await later.client.read(again, 0, 100)).data.toString()).toBe("harmless");
    expect((await later.client.read(file, 0, 100)).data.toString(), "found or not").not.toBe("secret");
  });
});

it("nothing goes from one share to another", async () => {
  mkdirSync(join(folder, "other"));
  writeFileSync(join(folder, "other", "f"), "content");
  served.shares = [...served.shares, { path: "/other", folder: join(folder, "other"), isReadOnly: true }];
  const { root: other } = await client.mount("/other");
  const { handle } = await client.lookup(other, "f");
  expect((await client.call("link", at(handle).opaque(root).opaque(Buffer.from("f")))).status).toBe(crossDevice);
});

it("a share is the folder that it was when it was first seen", async () => {
  mkdirSync(path("inner"));
  served.shares = [...served.shares, { path: "/home/me/inner", folder: path("inner"), isReadOnly: false }];
  expect((await client.mount("/home/me/inner")).status).toBe(ok);
  await client.call("rename", named(root, "inner").opaque(root).opaque(Buffer.from("moved")));
  await client.call("symlink", changes(named(root, "inner"), {}).opaque(Buffer.from(folder)));
  expect((await client.mount("/home/me/inner")).status).not.toBe(ok);
});
