import { describe, expect, it } from "vitest";
import { type Check, type Content, DATA_LABEL, type Disk, type DiskDecision, planDataDisk } from "./data-disk.ts";

const ours: Content = { kind: "ext", label: DATA_LABEL, isClean: true, wasMounted: true, fileSystemBytes: 1 };
const blank: Content = { kind: "blank" };
const magic: Content = { kind: "magic", at: "start" };
const foreign: Content = { kind: "ext", label: "photos", isClean: true, wasMounted: true, fileSystemBytes: 1 };
const random: Content = { kind: "other", what: "its first MiB is not zero" };
const unreadable: Content = { kind: "unknown", why: "EIO" };

const disk = (device: string, content: Content, rest: Partial<Disk> = {}): Disk => ({
  device,
  content,
  serial: "",
  sizeBytes: 1 << 30,
  partitions: [],
  isToBeChecked: false,
  ...rest,
});
const named = (content: Content, rest: Partial<Disk> = {}): Disk =>
  disk("/dev/vdb", content, { serial: "b2d-data", ...rest });

const may = { serial: "b2d-data", formatIfBlank: true };
const mayNot = { serial: "b2d-data", formatIfBlank: false };

const mount = (device: string, check: Check = "none"): DiskDecision => ({ do: "mount", device, check });
const refused = (code: string): object => ({
  do: "refuse",
  problem: expect.arrayContaining([`data-disk-${code}`]) as unknown,
});

type Row = [string, Disk[], Parameters<typeof planDataDisk>[1], object];

describe("planDataDisk", () => {
  it.each<Row>([
    ["mounts the disk with our label before the host spoke", [named(ours)], undefined, mount("/dev/vdb")],
    ["mounts it without any host", [disk("/dev/sda", ours)], null, mount("/dev/sda")],
    [
      "mounts the labelled partition of an old disk",
      [named(random, { partitions: [{ device: "/dev/vdb1", content: ours }] })],
      may,
      mount("/dev/vdb1"),
    ],
    ["has an unclean one checked", [named({ ...ours, isClean: false })], may, mount("/dev/vdb", "repair")],
    [
      "has one checked in full when that was asked for",
      [named(ours, { isToBeChecked: true })],
      may,
      mount("/dev/vdb", "full"),
    ],
    [
      "prefers the disk that the host named to another with our label",
      [disk("/dev/sda", ours), named(ours)],
      may,
      mount("/dev/vdb"),
    ],
    ["falls back to the label when no disk has the serial number", [disk("/dev/sda", ours)], may, mount("/dev/sda")],
    [
      "formats a blank disk that the host named and allowed",
      [named(blank)],
      may,
      { do: "format", disk: { device: "/dev/vdb" } },
    ],
    [
      "formats a disk that asks for it, host or no host",
      [disk("/dev/sda", magic)],
      null,
      { do: "format", disk: { device: "/dev/sda" } },
    ],
    ["keeps the start of a disk that asks for it", [named(magic)], may, { do: "format", disk: { device: "/dev/vdb" } }],
    ["asks the host about a blank disk", [named(blank)], undefined, { do: "ask-host" }],
    [
      "asks the host when there is a second disk",
      [disk("/dev/sda", ours), named(blank)],
      undefined,
      { do: "ask-host" },
    ],
    ["asks the host when there is no disk", [], undefined, { do: "ask-host" }],
    ["goes on without a disk when there is none and no host", [], null, { do: "without" }],
    ["refuses a blank disk that must not be formatted", [named(blank)], mayNot, refused("blank")],
    ["refuses a blank disk without a serial number", [disk("/dev/sda", blank)], may, refused("missing")],
    ["refuses a blank disk of another serial number", [named(blank, { serial: "x" })], may, refused("missing")],
    ["refuses a blank disk without a host", [named(blank)], null, refused("unclaimed")],
    ["refuses a named disk with a foreign file system", [named(foreign)], may, refused("foreign")],
    ["refuses a named disk with anything else on it", [named(random)], may, refused("foreign")],
    ["refuses a named disk that cannot be read", [named(unreadable)], may, refused("unreadable")],
    ["refuses a foreign disk without a host", [disk("/dev/sda", foreign)], null, refused("unclaimed")],
    ["refuses when the named disk is missing", [], may, refused("missing")],
    ["refuses two disks with our label", [disk("/dev/sda", ours), disk("/dev/sdb", ours)], null, refused("ambiguous")],
    ["refuses two disks that ask", [disk("/dev/sda", magic), disk("/dev/sdb", magic)], null, refused("ambiguous")],
    ["refuses two disks with one serial number", [named(blank), named(blank)], may, refused("ambiguous")],
    [
      "refuses a named disk that is foreign even when another has our label",
      [named(foreign), disk("/dev/sda", ours)],
      may,
      refused("foreign"),
    ],
  ])("%s", (_, disks, wish, decision) => {
    expect(planDataDisk(disks, wish)).toMatchObject(decision);
  });

  it("never formats anything but a disk that asks or a blank one that was named", () => {
    const contents = [ours, blank, magic, foreign, random, unreadable];
    for (const content of contents) {
      for (const serial of ["", "b2d-data"]) {
        for (const wish of [may, mayNot, null, undefined]) {
          const decision = planDataDisk([disk("/dev/vdb", content, { serial })], wish);
          if (decision.do !== "format") continue;
          const wasAllowed = content === magic || (content === blank && serial === "b2d-data" && wish === may);
          expect(wasAllowed).toBe(true);
        }
      }
    }
  });
});
