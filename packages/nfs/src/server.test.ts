import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { at, changes, named, NfsClient } from "./testing/nfs-client.ts";
import { ServedFolder } from "./testing/served-folder.ts";
import { XdrWriter } from "./xdr.ts";

/** `nfsstat3`. */
const [ok, noEntry, exists, isDirectory, readOnly, notEmpty, notSupported] = [0, 2, 17, 21, 30, 66, 10004] as const;

let served: ServedFolder;
let path: ServedFolder["path"];
let client: NfsClient;
let root: Buffer;

beforeEach(async () => {
  served = new ServedFolder();
  ({ path } = served);
  ({ client, root } = await served.serve());
});
afterEach(() => served.close());

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

  it("given back a time that was announced: a file that was written to since keeps its own", async () => {
    writeFileSync(path("file"), "content");
    const { handle } = await client.lookup(root, "file");
    const before = statSync(path("file"), { bigint: true });
    served.announced.add(86_400_000_000_000n);
    await client.call("setattr", changes(at(handle), { mtime: 86_400 }).u32(0));
    const { mtimeNs, ctimeNs } = statSync(path("file"), { bigint: true });
    expect([mtimeNs, ctimeNs]).toEqual([before.mtimeNs, before.ctimeNs]);
    await client.call("setattr", changes(at(handle), { mtime: 86_401 }).u32(0));
    expect(statSync(path("file")).mtimeMs).toBe(86_401_000);
  });

  it("may have names that are no text", async () => {
    const name = Buffer.from([0x66, 0xff, 0xfe]);
    expect((await client.create(root, name)).status).toBe(ok);
    const { entries } = await client.list(root, 0n, 8192);
    expect(entries.map((entry) => entry.name)).toContainEqual(name);
    expect((await client.lookup(root, name)).status).toBe(ok);
  });

  it("made where something is already: it is that, whatever it is, and loses its content only when that is asked for", async () => {
    writeFileSync(path("f"), "content", { mode: 0o444 });
    symlinkSync("f", path("link"));
    const { handle } = await client.lookup(root, "f");
    expect(await client.create(root, "f")).toEqual({ status: ok, handle });
    expect((await client.create(root, "link")).status).toBe(ok);
    expect([readFileSync(path("f"), "utf8"), statSync(path("f")).mode & 0o777]).toEqual(["content", 0o444]);
    await client.call("create", changes(named(root, "f").u32(0), { size: 0 }));
    expect(readFileSync(path("f"), "utf8")).toBe("");
    expect((await client.call("create", changes(named(root, "f").u32(1), {}))).status, "guarded").toBe(exists);
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

test("a share that is to be read only is not changed by any procedure", async () => {
  writeFileSync(path("f"), "content");
  mkdirSync(path("d"));
  served.shares = [{ path: "/home/me", folder: path(), isReadOnly: true }];
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
    const [server] = served.servers;
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
  const isOpen = (): boolean => readdirSync("/proc/self/fd").some((fd) => linkOf(fd).startsWith(path()));
  writeFileSync(path("f"), "content");
  const { handle } = await client.lookup(root, "f");
  await client.read(handle, 0, 9);
  await client.write(handle, 0, Buffer.from("C"));
  expect(isOpen()).toBe(true);
  await expect.poll(isOpen, { timeout: 20_000, interval: 200 }).toBe(false);
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // The one with which the list was read.
  }
}
