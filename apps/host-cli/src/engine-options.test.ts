import { expect, test } from "vitest";
import { parseEngineOptions } from "./engine-options.ts";

test("nothing given is nothing wanted", () => {
  expect(parseEngineOptions({}, [])).toBeUndefined();
  expect(parseEngineOptions({ engineLabel: [] }, [])).toBeUndefined();
});

test("each option is a key of daemon.json or a variable", () => {
  const problems: string[] = [];
  const settings = parseEngineOptions(
    {
      engineOpt: ["mtu=1400", "bip=10.9.0.1/24", 'dns=["1.1.1.1"]', "debug=true"],
      engineEnv: ["HTTP_PROXY=http://proxy:3128/?a=b", "EMPTY="],
      engineLabel: ["a=1", "b=2"],
      engineRegistryMirror: ["https://mirror.test"],
      engineInsecureRegistry: ["registry.test:5000", "10.0.0.0/8"],
      engineStorageDriver: ["btrfs", "vfs"],
    },
    problems,
  );
  expect(problems).toEqual([]);
  expect(settings).toEqual({
    daemon: {
      mtu: 1400,
      bip: "10.9.0.1/24",
      dns: ["1.1.1.1"],
      debug: true,
      labels: ["a=1", "b=2"],
      "registry-mirrors": ["https://mirror.test"],
      "insecure-registries": ["registry.test:5000", "10.0.0.0/8"],
      "storage-driver": "vfs",
    },
    env: { HTTP_PROXY: "http://proxy:3128/?a=b", EMPTY: "" },
  });
});

test("all problems are told at once, each with its option", () => {
  const problems: string[] = [];
  parseEngineOptions({ engineOpt: ["mtu", "=1"], engineRegistryMirror: ["mirror"], engineLabel: ["x"] }, problems);
  expect(problems).toEqual([
    "--engine-opt mtu: expected a name, = and a value",
    "--engine-opt =1: expected a name, = and a value",
    "--engine-label x: expected a name, = and a value",
    "--engine-registry-mirror mirror: expected an address, such as https://mirror.example",
  ]);
});

test("flags of dockerd, as docker-machine took them, are the keys of its file", () => {
  const problems: string[] = [];
  const engineOpt = [
    "label=a=b",
    "label=c=d",
    "insecure-registry=r:5000",
    "dns=8.8.8.8",
    "log-opt=max-size=10m",
    "log-opt=max-file=3",
  ];
  expect(parseEngineOptions({ engineOpt }, problems)).toEqual({
    daemon: {
      labels: ["a=b", "c=d"],
      "insecure-registries": ["r:5000"],
      dns: ["8.8.8.8"],
      "log-opts": { "max-size": "10m", "max-file": "3" },
    },
    env: {},
  });
  parseEngineOptions({ engineOpt: ['log-opts={"max-size":"5m"'] }, problems);
  expect(problems).toEqual(['--engine-opt log-opts={"max-size":"5m": expected JSON behind the bracket']);
});
