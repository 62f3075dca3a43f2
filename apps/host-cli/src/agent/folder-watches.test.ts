import { expect, test } from "vitest";
import { FakeWorld } from "../testing/fake-world.ts";
import { openAgentLog } from "./agent-log.ts";
import { FolderWatches } from "./folder-watches.ts";

const watched = (path: string) => ({ path, readOnly: false, watch: true as const });

function watchIn(world: FakeWorld) {
  const host = world.host();
  const told: string[][] = [];
  const ended = new AbortController();
  const answers: PromiseWithResolvers<undefined>[] = [];
  const watches = new FolderWatches({
    host,
    log: openAgentLog(host, "/log"),
    signal: ended.signal,
    tell: async (changes) => {
      told.push(changes.map(({ path }) => path));
      const answer = Promise.withResolvers<undefined>();
      answers.push(answer);
      await answer.promise;
    },
  });
  const change = (path: string): void => {
    world.disk.put(path, "");
    world.disk.watches.get("/home/me")?.onChange(path);
  };
  return { watches, told, answers, ended, change };
}

test("what changes within a moment is told once, what is gone is not, and the next waits for the answer", async () => {
  const world = new FakeWorld();
  const { watches, told, answers, change } = watchIn(world);
  watches.want([watched("/home/me"), { path: "/home/other", readOnly: false }]);
  await world.clock.pass(0);
  expect([...world.disk.watches.keys()]).toEqual(["/home/me"]);
  change("/home/me/a");
  change("/home/me/a");
  world.disk.watches.get("/home/me")?.onChange("/home/me/gone");
  await world.clock.pass(100);
  expect(told).toEqual([["/home/me/a"]]);
  change("/home/me/b");
  await world.clock.pass(1_000);
  expect(told).toHaveLength(1);
  answers[0]?.resolve(undefined);
  await world.clock.pass(100);
  expect(told[1]).toEqual(["/home/me/b"]);
});

test("many are told in pieces, and not all of a tree that is unpacked", async () => {
  const world = new FakeWorld();
  const { watches, told, answers, change } = watchIn(world);
  watches.want([watched("/home/me")]);
  await world.clock.pass(0);
  for (let index = 0; index < 5_000; index += 1) change(`/home/me/${index}`);
  for (let index = 0; index < 20; index += 1) {
    await world.clock.pass(100);
    answers[index]?.resolve(undefined);
  }
  expect(told.map(({ length }) => length)).toEqual([512, 512, 512, 512, 512, 512, 512, 512]);
});

test("a guest that is away is told of what changes later", async () => {
  const world = new FakeWorld();
  const { watches, told, answers, change } = watchIn(world);
  watches.want([watched("/home/me")]);
  await world.clock.pass(0);
  change("/home/me/a");
  await world.clock.pass(100);
  answers[0]?.reject(new Error("the session ended"));
  await world.clock.pass(100);
  change("/home/me/b");
  await world.clock.pass(100);
  expect(told[1]).toEqual(["/home/me/b"]);
});

test("what is not wanted any more is not watched, and nothing is when the agent ends", async () => {
  const world = new FakeWorld();
  const { watches, ended } = watchIn(world);
  watches.want([watched("/home/me"), watched("/srv/x")]);
  await world.clock.pass(0);
  watches.want([watched("/srv/x")]);
  await world.clock.pass(0);
  expect([...world.disk.watches.keys()]).toEqual(["/srv/x"]);
  ended.abort();
  await world.clock.pass(0);
  expect(world.disk.watches.size).toBe(0);
});
