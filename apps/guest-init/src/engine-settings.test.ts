import { expect, it } from "vitest";
import { type EngineSource, joinSettings, mergeDaemon } from "./engine-settings.ts";

const source = (name: string, daemon: Record<string, unknown>, env = {}): EngineSource => ({
  name,
  daemon,
  env,
  problems: [],
});

it("later sources go before earlier ones", () => {
  const { settings, problems } = joinSettings([
    source("profile", { mtu: 1400, labels: ["a=1"], "log-opts": { "max-size": "1m" } }, { A: "1", B: "1" }),
    source("machine", { labels: ["b=1"], "log-opts": { "max-file": "2" } }, { B: "2" }),
    source("daemon.json", { mtu: 1500, labels: ["a=1", "c=1"] }),
  ]);
  expect(settings).toEqual({
    daemon: { mtu: 1500, labels: ["a=1", "c=1", "b=1"], "log-opts": { "max-size": "1m", "max-file": "2" } },
    env: { A: "1", B: "2" },
  });
  expect(problems).toEqual([]);
});

it("nobody changes where the engine is reached and where its data is", () => {
  const { settings, problems } = joinSettings([
    source("daemon.json", { hosts: ["tcp://0.0.0.0:2375"], "data-root": "/x", debug: true }),
  ]);
  expect(settings.daemon).toEqual({ debug: true });
  expect(problems).toEqual([
    "daemon.json: hosts: decided by boot2docker",
    "daemon.json: data-root: decided by boot2docker",
  ]);
});

it("problems name their source", () => {
  expect(joinSettings([{ ...source("profile", {}), problems: ["line 1: no"] }]).problems).toEqual([
    "profile: line 1: no",
  ]);
});

it("a label has one value", () => {
  expect(mergeDaemon({ labels: ["a=1", "b=1"] }, { labels: ["a=2"] })).toEqual({ labels: ["a=2", "b=1"] });
});

it("a value of another shape replaces what was there", () => {
  expect(mergeDaemon({ a: [1], b: { c: 1 } }, { a: "x", b: [2] })).toEqual({ a: "x", b: [2] });
});
