import { describe, expect, it } from "vitest";
import { askTimeServer, readAnswer } from "./ntp.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const never = new AbortController().signal;
const nonce = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);

/** What a server says whose clock stands at `at`. */
function answerTo(question: Uint8Array, at: string, changes: { flags?: number; stratum?: number } = {}): Uint8Array {
  const answer = new Uint8Array(48);
  const view = new DataView(answer.buffer);
  view.setUint8(0, changes.flags ?? 0b00_100_100);
  view.setUint8(1, changes.stratum ?? 2);
  answer.set(question.subarray(40), 24);
  const ms = new Date(at).getTime() + 2_208_988_800_000;
  for (const offset of [32, 40]) {
    view.setUint32(offset, Math.floor(ms / 1000) % 2 ** 32);
    view.setUint32(offset + 4, ((ms % 1000) / 1000) * 2 ** 32);
  }
  return answer;
}

it.each(["2026-03-01T10:00:00.250Z", "2036-02-07T06:28:17.000Z", "2040-01-01T00:00:00.000Z"])(
  "the time %s is read, before and after the turn of the era",
  async (at) => {
    const system = new FakeSystem();
    system.datagrams = (target, question) => {
      expect(target).toEqual({ host: "time.test", port: 123 });
      return answerTo(question, at);
    };
    const now = await askTimeServer("time.test", nonce, system.network, system.clock, never);
    expect(Math.abs(now.getTime() - new Date(at).getTime())).toBeLessThan(1);
  },
);

it.each([
  ["10.0.2.2:1123", { host: "10.0.2.2", port: 1123 }],
  ["[fd00::1]:1123", { host: "fd00::1", port: 1123 }],
  ["fd00::1", { host: "fd00::1", port: 123 }],
])("%s names a server", async (name, expected) => {
  const system = new FakeSystem();
  system.datagrams = (target, question) => {
    expect(target).toEqual(expected);
    return answerTo(question, "2026-01-01");
  };
  await askTimeServer(name, nonce, system.network, system.clock, never);
});

it("half of the way there and back is taken off", async () => {
  const system = new FakeSystem();
  const { network, clock } = system;
  const slow = {
    ...network,
    exchange: async (_: unknown, question: Uint8Array) => {
      const answer = answerTo(question, clock.now().toISOString());
      await clock.advance(80);
      return answer;
    },
  };
  const now = await askTimeServer("time.test", nonce, slow, clock, never);
  expect(now.getTime() - clock.now().getTime()).toBe(-40);
});

describe("what is no time is refused", () => {
  const question = new Uint8Array(48).fill(7);
  it.each([
    ["too short", () => new Uint8Array(47), "an answer of 47 bytes"],
    ["another question's", () => answerTo(new Uint8Array(48), "2026-01-01"), "another question"],
    ["no server's", () => answerTo(question, "2026-01-01", { flags: 0b00_100_011 }), "another question"],
    ["of a server that is not set", () => answerTo(question, "2026-01-01", { flags: 0b11_100_100 }), "does not know"],
    ["a kiss of death", () => answerTo(question, "2026-01-01", { stratum: 0 }), "does not want to be asked"],
  ])("%s", (_, make, message) => {
    expect(() => readAnswer(make(), question)).toThrow(message);
  });
});
