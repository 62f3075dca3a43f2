import type { GuestConfig, GuestReason } from "@boot2docker/protocol";
import type { ExtFacts } from "./ext4.ts";

/** On disks that boot2docker made, old or new (PER-01). */
export const DATA_LABEL = "boot2docker-data";

/** What a disk or a partition holds, as far as it was looked at. */
export type Content =
  | ({ kind: "ext" } & ExtFacts)
  /** It asks to be formatted: at its start, or at its end when it was being formatted and that was cut short. */
  | { kind: "magic"; at: "start" | "end" }
  /** First and last MiB are zero and no signature of any kind was found. */
  | { kind: "blank" }
  | { kind: "other"; what: string }
  /** It could not be read, or not be told. */
  | { kind: "unknown"; why: string };

export interface Volume {
  /** For example /dev/vdb or /dev/nvme0n1p1. */
  device: string;
  content: Content;
}

export interface Disk extends Volume {
  /** Empty when the device has none. */
  serial: string;
  sizeBytes: number;
  partitions: Volume[];
  /** Somebody asked for a full check of it. */
  isToBeChecked: boolean;
}

/** `repair`: it was not unmounted. `full`: somebody asked for it, which a whole disk alone can say. */
export type Check = "none" | "repair" | "full";

export type DiskDecision =
  | { do: "mount"; device: string; check: Check }
  | { do: "format"; disk: Disk }
  /** Nothing on any disk is touched. */
  | { do: "refuse"; problem: readonly [code: GuestReason, message: string, hint: string] }
  /** It depends on what the host says. */
  | { do: "ask-host" }
  /** There is no disk, and nobody who says that there should be one: go on without persistence. */
  | { do: "without" };

/**
 * Which disk holds the data, and what has to be done to it. `disks` are those that can be written and are not the
 * system's. `wish` is what the host says; `null`: there is no host to ask; undefined: it has not answered yet.
 *
 * A disk is formatted only when it asks for it itself, or when the host named that very disk and it is blank.
 */
export function planDataDisk(disks: readonly Disk[], wish: GuestConfig["dataDisk"] | null | undefined): DiskDecision {
  const named = wish ? disks.filter(({ serial }) => serial === wish.serial) : [];
  if (named.length > 1) return refuse("ambiguous", `${list(named)} have the same serial number`);
  const [only] = named;
  if (wish && only) return planNamed(only, wish.formatIfBlank);

  const ours = disks.flatMap(findOurs);
  // With several disks in sight, only the host can say that the labelled one is meant.
  if (wish === undefined && (ours.length !== 1 || disks.length > 1)) return { do: "ask-host" };
  if (ours.length > 1) return refuse("ambiguous", `${list(ours)} all carry the label ${DATA_LABEL}`);
  const [found] = ours;
  if (found) return mount(found);
  const asking = disks.filter(({ content }) => content.kind === "magic");
  if (asking.length > 1) return refuse("ambiguous", `${list(asking)} all ask to be formatted`);
  const [requested] = asking;
  if (requested) return { do: "format", disk: requested };
  if (wish) return refuse("missing", `there is no disk with the serial number ${wish.serial}, and none with our label`);
  if (disks.length === 0) return { do: "without" };
  return refuse("unclaimed", `no host says what ${list(disks)} is for, and it holds no data of ours`);
}

function planNamed(disk: Disk, formatIfBlank: boolean): DiskDecision {
  const ours = findOurs(disk);
  if (ours.length > 1) return refuse("ambiguous", `${list(ours)} all carry the label ${DATA_LABEL}`);
  const [found] = ours;
  if (found) return mount(found);
  const { content, device } = disk;
  switch (content.kind) {
    case "magic":
      return { do: "format", disk };
    case "blank":
      if (formatIfBlank) return { do: "format", disk };
      return refuse("blank", `${device} is blank, and the host does not allow it to be formatted`);
    case "ext":
      return refuse("foreign", `${device} holds an ext file system with the label "${content.label}", not ours`);
    case "other":
      return refuse("foreign", `${device} is not blank and not ours: ${content.what}`);
    case "unknown":
      return refuse("unreadable", `${device}: ${content.why}`);
    default:
      return content satisfies never;
  }
}

function findOurs(disk: Disk): (Volume & { isToBeChecked?: boolean })[] {
  return [disk, ...disk.partitions].filter(({ content }) => content.kind === "ext" && content.label === DATA_LABEL);
}

function mount({ device, content, isToBeChecked = false }: Volume & { isToBeChecked?: boolean }): DiskDecision {
  if (isToBeChecked) return { do: "mount", device, check: "full" };
  return { do: "mount", device, check: content.kind === "ext" && content.isClean ? "none" : "repair" };
}

function refuse(
  code: "ambiguous" | "missing" | "unclaimed" | "blank" | "foreign" | "unreadable",
  message: string,
): DiskDecision {
  const hint = "Nothing on it was changed. Attach the machine's own disk, or an empty one, and start it again.";
  return { do: "refuse", problem: [`data-disk-${code}`, `no data disk: ${message}`, hint] };
}

const list = (volumes: readonly Volume[]): string => volumes.map(({ device }) => device).join(", ");
