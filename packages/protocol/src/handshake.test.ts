import { expect, test } from "vitest";
import { type Handshake, negotiate, receiveHello } from "./handshake.ts";
import type { Hello } from "./messages.ts";
import { type SeededRandom, seededRandom } from "./testing/seeded-random.ts";

function hello(nonce: string, echo?: string, established?: true): Hello {
  return {
    role: "guest",
    protocol: { min: 1, max: 1 },
    version: "1.0.0",
    now: "2026-01-01T00:00:00Z",
    features: [],
    nonce,
    ...(echo === undefined ? {} : { echo }),
    ...(established === undefined ? {} : { established }),
  };
}

const fresh: Handshake = { nonce: "own", established: false };
const open: Handshake = { nonce: "own", peer: hello("peer", "own"), established: true };

test.each<[claim: string, before: Handshake, received: Hello, after: object]>([
  ["a first hello is answered", fresh, hello("peer"), { answer: true, state: { established: false } }],
  ["an echo of our nonce makes the session", fresh, hello("peer", "own"), { answer: true, event: "established" }],
  [
    "a peer that has its session needs no answer",
    fresh,
    hello("peer", "own", true),
    { answer: false, event: "established" },
  ],
  [
    "an echo of an older nonce of ours makes none, and is answered with the new one",
    fresh,
    hello("peer", "before", true),
    { answer: true, state: { established: false, peer: { nonce: "peer" } } },
  ],
  ["our own hello, sent back by the carrier, is nothing", fresh, hello("own"), { answer: false, state: fresh }],
  ["a peer that missed our answer gets it again", open, hello("peer", "own"), { answer: true, state: open }],
  ["a late first hello does not take the session back", open, hello("peer"), { answer: true, state: open }],
  ["two that have their session say no more", open, hello("peer", "own", true), { answer: false, state: open }],
  ["another nonce ends the session", open, hello("next"), { answer: false, event: "peer-restarted" }],
  ["another nonce ends it even with our echo", open, hello("next", "own"), { event: "peer-restarted" }],
])("%s", (_claim, before, received, after) => {
  expect(receiveHello(before, received)).toMatchObject(after);
});

test.each<[own: [number, number], peer: [number, number], version: number | undefined]>([
  [[1, 1], [1, 1], 1],
  [[1, 3], [2, 5], 3],
  [[2, 5], [1, 3], 3],
  [[1, 2], [3, 4], undefined],
  [[3, 4], [1, 2], undefined],
  [[2, 1], [1, 2], undefined],
])("versions %j and %j have %j as the highest in common", (own, peer, version) => {
  const range = ([min, max]: [number, number]): Hello["protocol"] => ({ min, max });
  expect(negotiate(range(own), range(peer))).toBe(version);
});

/** Two sides on a carrier that keeps the order, may lose what is under way, and outlives them both. */
class World {
  #starts = 0;
  readonly sides: [Handshake, Handshake] = [this.#start(), this.#start()];
  /** What is under way to each side. */
  readonly wires: [Hello[], Hello[]] = [[], []];

  #start(): Handshake {
    this.#starts += 1;
    return { nonce: `n${this.#starts}`, established: false };
  }

  say(side: 0 | 1): void {
    const { nonce, peer, established } = this.sides[side];
    this.wires[side === 0 ? 1 : 0].push(hello(nonce, peer?.nonce, established ? true : undefined));
  }

  restart(side: 0 | 1): void {
    this.sides[side] = this.#start();
    this.say(side);
  }

  /** The interval has passed. */
  tick(side: 0 | 1): void {
    if (!this.sides[side].established) this.say(side);
  }

  deliver(side: 0 | 1): void {
    const received = this.wires[side].shift();
    if (received === undefined) return;
    const verdict = receiveHello(this.sides[side], received);
    this.sides[side] = verdict.state;
    if (verdict.answer) this.say(side);
    if (verdict.event === "peer-restarted") this.restart(side);
  }

  lose(side: 0 | 1): void {
    this.wires[side].shift();
  }

  get haveEachOther(): boolean {
    const [left, right] = this.sides;
    const both = left.established && right.established;
    return both && left.peer?.nonce === right.nonce && right.peer?.nonce === left.nonce;
  }
}

type Act = "deliver" | "tick" | "lose" | "restart";

function disturb(world: World, random: SeededRandom): void {
  const side = random.pick<0 | 1>([0, 1]);
  const act = random.pick<Act>(["deliver", "deliver", "deliver", "tick", "tick", "lose", "restart"]);
  world[act](side);
}

test("whatever was lost and whoever restarted, two sides come to one session and then fall silent", () => {
  const seed = 7;
  const random = seededRandom(seed);
  for (let round = 0; round < 20_000; round += 1) {
    const world = new World();
    for (let step = random.below(40); step > 0; step -= 1) disturb(world, random);
    let messages = 0;
    for (let interval = 0; interval < 4 && !world.haveEachOther; interval += 1) {
      world.tick(0);
      world.tick(1);
      while (world.wires[0].length + world.wires[1].length > 0) {
        world.deliver(0);
        world.deliver(1);
        messages += 1;
        if (messages > 200) throw new Error(`round ${round}: the two answer each other without end`);
      }
    }
    if (!world.haveEachOther) throw new Error(`round ${round}: there is no session, seed ${seed}`);
  }
});
