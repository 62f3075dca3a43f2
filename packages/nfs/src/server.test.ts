import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { createNfsServer, type NfsServer } from "./server.ts";
import { at, changes, named, NfsClient } from "./testing/nfs-client.ts";
import type { Export } from "./tree.ts";
import { XdrWriter } from "./xdr.ts";

const [ok, noEntry, exists, notDirectory, isDirectory, readOnly, notEmpty, stale, badHandle, notSupported] = [
  0, 2, 17, 20, 21, 30, 66, 70, 10_001, 10_004,
];

let folder: string;
let shares: Export[];
let servers: NfsServer[];
let client: NfsClient;
let root: Buffer;

const path = (...names: string[]): string => join(folder, "share", ...names);

/** Another server, as after the death of one. */
async function serve(): Promise<{ client: NfsClient; root: Buffer }> {
  const owner = { hostUid: process.getuid?.(), hostGid: process.getgid?.(), uid: 1000, gid: 1000 };
  const server = createNfsServer({ shares: () => shares, owner });
  servers.push(server);
  const next = new NfsClient(server);
  return { client: next, root: (await next.mount("/home/me")).root };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "b2d-nfs-"));
  mkdirSync(path());
  writeFileSync(join(folder, "secret"), "secret");
  shares = [{ path: "/home/me", folder: path(), isReadOnly: false }];
  servers = [];
  ({ client, root } = await serve());
});

afterEach(async () => {
  for (const server of servers) await server.close();
  rmSync(folder, { recursive: true });
});

describe("files", () => {
  it("what a client writes is in the file, and what is in a file is read", async () => {
    const { handle } = await client.create(root, "new");
    expect(await client.write(handle, 3, Buffer.from("lo"))).toMatchObject({ status: ok });
    expect(await client.write(handle, 0, Buffer.from("hel"))).toMatchObject({ status: ok });
    expect(await client.call("commit", at(handle).u64(0n).u32(0))).toMatchObject({ status: ok });
    expect(readFileSync(path("new"), "utf8")).toBe("hello");
    expect(await client.read(handle, 1, 100)).toEqual({ status: ok, data: Buffer.from("ello"), isEnd: true });
    expect(await client.read(handle, 0, 2)).toEqual({ status: ok, data: Buffer.from("he"), isEnd: false });
  });

  it("belong to the client's user, when they are the host user's", async () => {
    writeFileSync(path("mine"), "", { mode: 0o640 });
    const { handle } = await client.lookup(root, "mine");
    expect(await client.getattr(handle)).toMatchObject({ attributes: { uid: 1000, gid: 1000, mode: 0o640, type: 1 } });
    expect(await client.call("setattr", changes(at(handle), { uid: 999 }).u32(0))).toMatchObject({ status: ok });
    expect(await client.getattr(handle)).toMatchObject({ attributes: { uid: 1000 } });
    expect(statSync(path("mine")).uid).toBe(process.getuid?.());
  });

  it("never have the bits that let others become the host's user", async () => {
    const { handle } = await client.create(root, "tool", 0o6755);
    expect(statSync(path("tool")).mode & 0o7777).toBe(0o755);
    await client.call("setattr", changes(at(handle), { mode: 0o4711 }).u32(0));
    expect(statSync(path("tool")).mode & 0o7777).toBe(0o711);
  });

  it("are cut, and given another time", async () => {
    writeFileSync(path("file"), "content");
    const { handle } = await client.lookup(root, "file");
    await client.call("setattr", changes(at(handle), { size: 4, mtime: 86_400 }).u32(0));
    expect(readFileSync(path("file"), "utf8")).toBe("cont");
    expect(statSync(path("file")).mtimeMs).toBe(86_400_000);
  });

  it("may have names that are no text", async () => {
    const name = Buffer.from([0x66, 0xff, 0xfe]);
    expect((await client.create(root, name)).status).toBe(ok);
    const { entries } = await client.list(root, 0n, 8192);
    expect(entries.map((entry) => entry.name)).toContainEqual(name);
    expect((await client.lookup(root, name)).status).toBe(ok);
  });

  it("made exclusively: who asks again with the same word has made it, another has not", async () => {
    const exclusive = (word: bigint) => client.call("create", named(root, "lock").u32(2).u64(word));
    expect(await exclusive(7n)).toMatchObject({ status: ok });
    expect(await exclusive(7n)).toMatchObject({ status: ok });
    expect(await exclusive(8n)).toMatchObject({ status: exists });
  });
});

describe("directories", () => {
  it("everything in the tree can be made, moved and removed", async () => {
    expect(await client.call("mkdir", changes(named(root, "d"), { mode: 0o750 }))).toMatchObject({ status: ok });
    const { handle: directory } = await client.lookup(root, "d");
    const { handle: file } = await client.create(directory, "f");
    await client.call("symlink", changes(named(root, "s"), {}).opaque(Buffer.from("d/f")));
    expect(readlinkSync(path("s"))).toBe("d/f");
    expect(await client.call("link", at(file).opaque(root).opaque(Buffer.from("hard")))).toMatchObject({ status: ok });
    expect((await client.lookup(root, "hard")).handle, "one file, one handle").toEqual(file);
    expect(await client.call("rmdir", named(root, "d"))).toMatchObject({ status: notEmpty });
    await client.call("rename", named(directory, "f").opaque(root).opaque(Buffer.from("g")));
    expect(existsSync(path("g"))).toBe(true);
    expect((await client.lookup(root, "g")).handle, "a file that is open keeps its handle").toEqual(file);
    expect(await client.call("remove", named(root, "d"))).toMatchObject({ status: isDirectory });
    expect(await client.call("rmdir", named(root, "d"))).toMatchObject({ status: ok });
    expect(await client.call("remove", named(root, "g"))).toMatchObject({ status: ok });
    expect(await client.lookup(root, "g")).toMatchObject({ status: noEntry });
  });

  it("pipes and sockets have their places, devices have none", async () => {
    const make = (name: string, type: number) => client.call("mknod", changes(named(root, name).u32(type), {}));
    expect(await make("pipe", 7)).toMatchObject({ status: ok });
    expect(await make("socket", 6)).toMatchObject({ status: ok });
    expect(await make("socket", 6)).toMatchObject({ status: exists });
    expect(await make("disk", 3)).toMatchObject({ status: notSupported });
    expect([lstatSync(path("pipe")).isFIFO(), lstatSync(path("socket")).isSocket()]).toEqual([true, true]);
  });

  it("a long one is listed in pieces, each name once, whatever goes meanwhile", async () => {
    const names = Array.from({ length: 700 }, (_, i) => `file-${i}`);
    for (const name of names) writeFileSync(path(name), "");
    const seen: string[] = [];
    let cookie = 0n;
    let pieces = 0;
    for (let isEnd = false; !isEnd; pieces += 1) {
      const piece = await client.list(root, cookie, 8192);
      seen.push(...piece.entries.map(({ name }) => name.toString()));
      cookie = piece.entries.at(-1)?.cookie ?? cookie;
      isEnd = piece.isEnd;
      const gone = seen.at(-1);
      if (gone !== undefined) unlinkSync(path(gone));
    }
    expect(pieces).toBeGreaterThan(5);
    expect(seen.toSorted()).toEqual([".", "..", ...names].toSorted());
  });
});

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
    shares = [];
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
    expect((await later.client.lookup(directory, "secret")).status).not.toBe(ok);
    expect((await later.client.read(file, 0, 100)).status).not.toBe(ok);
  });
});

test("a share that is to be read only is not changed by any procedure", async () => {
  writeFileSync(path("f"), "content");
  mkdirSync(path("d"));
  shares = [{ path: "/home/me", folder: path(), isReadOnly: true }];
  const { handle: file } = await client.lookup(root, "f");
  const before = lstatSync(path()).mtimeMs;
  const asked = [
    client.call("setattr", changes(at(file), { size: 0 }).u32(0)),
    client.call("write", at(file).u64(0n).u32(1).u32(0).opaque(Buffer.from("x"))),
    client.call("create", changes(named(root, "n").u32(0), {})),
    client.call("mkdir", changes(named(root, "n"), {})),
    client.call("symlink", changes(named(root, "n"), {}).opaque(Buffer.from("f"))),
    client.call("mknod", changes(named(root, "n").u32(7), {})),
    client.call("remove", named(root, "f")),
    client.call("rmdir", named(root, "d")),
    client.call("rename", named(root, "f").opaque(root).opaque(Buffer.from("g"))),
    client.call("link", at(file).opaque(root).opaque(Buffer.from("g"))),
    client.call("commit", at(file).u64(0n).u32(0)),
  ];
  for (const { status } of await Promise.all(asked)) expect(status).toBe(readOnly);
  expect([readFileSync(path("f"), "utf8"), lstatSync(path()).mtimeMs]).toEqual(["content", before]);
  const { reply } = await client.call("access", at(file).u32(63));
  expect(reply.isTrue()).toBe(true);
  reply.fixed(84);
  expect(reply.u32() & 28, "not to modify, extend or delete").toBe(0);
});

describe("the connection", () => {
  it("is repeated on another one what was not answered: what is done once is not done twice", async () => {
    writeFileSync(path("f"), "");
    const [server] = servers;
    if (server === undefined) throw new Error("no server");
    const xid = client.nextXid;
    expect(await client.call("remove", named(root, "f"))).toMatchObject({ status: ok });
    const again = new NfsClient(server);
    again.nextXid = xid;
    expect(await again.call("remove", named(root, "f"))).toMatchObject({ status: ok });
    expect(await again.call("remove", named(root, "f"))).toMatchObject({ status: noEntry });
  });

  it("ends with the client's", async () => {
    client.end();
    await client.closed;
  });

  it.each([
    ["no RPC at all", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["a message without an end", Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3])],
    ["one that is too short", Buffer.from([0x80, 0, 0, 2, 1, 2])],
  ])("is closed on %s", async (_, bytes) => {
    client.send(bytes);
    await client.closed;
  });

  it("answers what it does not have, and arguments that are none", async () => {
    const nothing = new XdrWriter();
    expect((await client.ask(100_227, 0, nothing)).u32(), "no such program").toBe(1);
    expect((await client.ask(100_003, 0, nothing, 4)).u32(), "no such version").toBe(2);
    expect((await client.ask(100_003, 22, nothing)).u32(), "no such procedure").toBe(3);
    expect((await client.ask(100_003, 1, nothing)).u32(), "no arguments").toBe(4);
    expect(await client.getattr(root)).toMatchObject({ status: ok });
  });
});

test("files are not kept open for long", async () => {
  writeFileSync(path("f"), "content");
  const { handle } = await client.lookup(root, "f");
  await client.read(handle, 0, 9);
  chmodSync(path("f"), 0o600);
  for (const server of servers) await server.close();
  expect(await client.read(handle, 0, 9), "closing is no end").toMatchObject({ status: ok });
});
