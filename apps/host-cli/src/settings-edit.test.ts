import { expect, test } from "vitest";
import { assign, parseAssignment } from "./settings-edit.ts";

function edit(document: object, ...words: string[]): object {
  const problems: string[] = [];
  const assignments = words.map((word) => parseAssignment(word) ?? { key: word, value: "" });
  const edited = assign({ ...document }, assignments, problems);
  return problems.length === 0 ? edited : { problems };
}

test("a word with = is an assignment, also with another = in its value", () => {
  expect(parseAssignment("engine.env.A=b=c")).toEqual({ key: "engine.env.A", value: "b=c" });
  expect(parseAssignment("work")).toBeUndefined();
  expect(parseAssignment("=x")).toBeUndefined();
});

test.each([
  ["cpus=2", { cpus: 2 }],
  ["memory=4g", { memory: "4g" }],
  ["disk-size=40g", { diskSize: "40g" }],
  ["cpus=many", { cpus: "many" }],
  ["folders=~,/srv:ro", { folders: ["~", "/srv:ro"] }],
  ['folders=["/a,b"]', { folders: ["/a,b"] }],
  ["folders=none", { folders: [] }],
  ["engine.daemon.debug=true", { engine: { daemon: { debug: true }, env: {} } }],
  ["engine.daemon.log-level=warn", { engine: { daemon: { "log-level": "warn" }, env: {} } }],
  ["engine.daemon.builder.gc.enabled=true", { engine: { daemon: { builder: { gc: { enabled: true } } }, env: {} } }],
  ["engine.env.HTTP_PROXY=http://a", { engine: { daemon: {}, env: { HTTP_PROXY: "http://a" } } }],
])("%s", (word, expected) => {
  expect(edit({}, word)).toEqual(expected);
});

test("what is not named stays, and without a value a key goes, with what is empty then", () => {
  const document = {
    cpus: 2,
    engine: { daemon: { debug: true, builder: { gc: { enabled: true } } }, env: { A: "1" } },
  };
  expect(edit(document, "engine.daemon.debug=", "engine.daemon.builder.gc.enabled=", "memory=1g")).toEqual({
    cpus: 2,
    memory: "1g",
    engine: { daemon: {}, env: { A: "1" } },
  });
  expect(edit({ engine: { daemon: {}, env: { A: "1" } } }, "engine.env.A=")).toEqual({});
  expect(edit(document, "cpus=")).toEqual({ engine: document.engine });
});

test("a key of the engine that has dots itself can be changed, and taken out", () => {
  const options = { bridge: { "com.docker.network.driver.mtu": "1400", other: "1" } };
  const document = { engine: { daemon: { "default-network-opts": options }, env: {} } };
  const key = "engine.daemon.default-network-opts.bridge.com.docker.network.driver.mtu";
  expect(edit(document, `${key}=`)).toEqual({
    engine: { daemon: { "default-network-opts": { bridge: { other: "1" } } }, env: {} },
  });
  expect(edit(document, `${key}="9000"`)).toMatchObject({
    engine: { daemon: { "default-network-opts": { bridge: { "com.docker.network.driver.mtu": "9000" } } } },
  });
});

test("of keys that begin alike the longest is meant, and nothing is lost in what is no object", () => {
  const document = { engine: { daemon: { "log-opts": { a: "1", "a.b": "2" }, debug: true }, env: {} } };
  expect(edit(document, "engine.daemon.log-opts.a.b=3")).toMatchObject({
    engine: { daemon: { "log-opts": { a: "1", "a.b": 3 } } },
  });
  expect(edit(document, "engine.daemon.debug.x=1", "engine.daemon.log-opts.=1", "engine.daemon.log-opts..x=1")).toEqual(
    {
      problems: [
        "engine.daemon.debug.x: debug is true, in which there are no keys",
        "engine.daemon.log-opts.: expected a key between the dots",
        "engine.daemon.log-opts..x: expected a key between the dots",
      ],
    },
  );
});

test("what dockerd would not read is told, and broken JSON", () => {
  expect(edit({}, "engine.daemon.label=a=b", "engine.daemon.log-opts={bad", "folders=[bad")).toEqual({
    problems: [
      "engine.daemon.label: that is a flag of dockerd: did you mean engine.daemon.labels?",
      "engine.daemon.log-opts: expected JSON behind the bracket",
    ],
  });
  expect(edit({}, "folders=[bad")).toEqual({ folders: "[bad" }); // No list: that is told of the value.
});

test("all keys that are none are told", () => {
  expect(edit({}, "ram=2g", "engine.debug=1", "memroy=1g")).toEqual({
    problems: [
      expect.stringMatching(/^ram: expected one of cpus, .*engine\.env\.NAME$/),
      expect.stringMatching(/^engine\.debug: /),
      "memroy: did you mean memory?",
    ],
  });
});
