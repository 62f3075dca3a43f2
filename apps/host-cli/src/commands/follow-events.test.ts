import { errorCodes, type GuestEvent, RpcError } from "@boot2docker/protocol";
import { expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { type EventSource, followEvents } from "./follow-events.ts";

const event = (sequence: number): GuestEvent => ({
  sequence,
  at: "2026-01-01T00:00:00.000Z",
  uptimeMs: sequence,
  name: `event ${sequence}`,
  fields: {},
});
const upTo = (last: number, first = 1): GuestEvent[] =>
  Array.from({ length: last - first + 1 }, (_, index) => event(first + index));

/** A guest that keeps `kept`; each entry of `later` is what happens while somebody waits. */
function guestWith(kept: GuestEvent[], later: (() => void)[] = []) {
  const guest = { kept, isAway: false, isOn: true };
  const source: EventSource = {
    since: async (sequence) => {
      if (guest.isAway) throw new RpcError(errorCodes.closed, "away");
      const events = guest.kept.filter((other) => other.sequence > sequence).slice(0, 3);
      return { events, lost: Math.max(0, (events[0]?.sequence ?? sequence + 1) - sequence - 1) };
    },
    lastSequence: async () => guest.kept.at(-1)?.sequence ?? 0,
    change: async () => {
      later.shift()?.();
    },
    isOn: async () => guest.isOn,
  };
  return { guest, source };
}

async function read(source: EventSource, since: number, isFollowing: boolean): Promise<string[]> {
  const clock = new FakeClock();
  const read: string[] = [];
  const reading = async (): Promise<void> => {
    for await (const entry of followEvents(source, { since, isFollowing }, clock, new AbortController().signal)) {
      read.push("lost" in entry ? `lost ${entry.lost}` : String(entry.sequence));
    }
  };
  await clock.settle(reading());
  return read;
}

test("all that there is comes in order, in as many pieces as it takes", async () => {
  expect(await read(guestWith(upTo(7)).source, 0, false)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
});

test("only what is behind a number comes, and what is forgotten is told", async () => {
  expect(await read(guestWith(upTo(4)).source, 2, false)).toEqual(["3", "4"]);
  expect(await read(guestWith(upTo(9, 8)).source, 2, false)).toEqual(["lost 5", "8", "9"]);
});

test("what happens later comes, through the absence of a guest and from the start of the next", async () => {
  const { guest, source } = guestWith(upTo(2), [
    () => void guest.kept.push(event(3)),
    () => {
      guest.isAway = true;
      guest.kept = upTo(1);
    },
    () => {
      guest.isAway = true;
      guest.isOn = false;
    },
  ]);
  source.isOn = async () => {
    guest.isAway = !guest.isOn;
    return guest.isOn;
  };
  expect(await read(source, 0, true)).toEqual(["1", "2", "3", "1"]);
});

test("a guest that is away is an error to who does not follow", async () => {
  const { guest, source } = guestWith(upTo(2));
  guest.isAway = true;
  await expect(read(source, 0, false)).rejects.toThrow("away");
});

test("no agent to be had: the end of a machine that is off, and an error of one that is on", async () => {
  const { guest, source } = guestWith(upTo(2));
  source.since = async () => {
    throw new UserError("the host agent did not answer", { code: "agent-unreachable" });
  };
  await expect(read(source, 0, true)).rejects.toThrow("the host agent did not answer");
  guest.isOn = false;
  expect(await read(source, 0, true)).toEqual([]);
});
