import { expect, test } from "vitest";
import { writeCpio } from "./cpio.ts";
import { directory, file, symlink, type Entry } from "./tree.ts";

async function cpio(entries: Entry[]): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of writeCpio(entries, 0x65000000)) parts.push(part);
  return Buffer.concat(parts).toString("latin1");
}

test("each record is the one that the kernel's document describes, padded to 4 bytes", async () => {
  const archive = await cpio([
    file("/init", "hello", 0o755),
    symlink("/sh", "busybox"),
    directory("/d"),
    { type: "character-device", path: "/c", mode: 0o600, uid: 0, gid: 0, major: 5, minor: 1 },
  ]);
  const record = (fields: string, name: string, content = "") => {
    const pad = (text: string) => text.padEnd(Math.ceil(text.length / 4) * 4, "\0");
    return pad(`070701${fields.replaceAll(" ", "")}${name}\0`) + pad(content);
  };
  //        inode    mode     uid      gid      links    mtime    size     device   0        rdevice  0        name     check
  const expected = [
    record(
      "00000001 000081ed 00000000 00000000 00000001 65000000 00000005 00000000 00000000 00000000 00000000 00000005 00000000",
      "init",
      "hello",
    ),
    record(
      "00000002 0000a1ff 00000000 00000000 00000001 65000000 00000007 00000000 00000000 00000000 00000000 00000003 00000000",
      "sh",
      "busybox",
    ),
    record(
      "00000003 000041ed 00000000 00000000 00000002 65000000 00000000 00000000 00000000 00000000 00000000 00000002 00000000",
      "d",
    ),
    record(
      "00000004 00002180 00000000 00000000 00000001 65000000 00000000 00000000 00000000 00000005 00000001 00000002 00000000",
      "c",
    ),
    record(
      "00000000 00000000 00000000 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 0000000b 00000000",
      "TRAILER!!!",
    ),
  ];
  expect(archive).toBe(expected.join(""));
});
