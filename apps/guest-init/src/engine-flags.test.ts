import { expect, it } from "vitest";
import { parseEngineFlags } from "./engine-flags.ts";

const words = (text: string): string[] => text.split(" ");

it.each<[flags: string, daemon: Record<string, unknown>]>([
  ["--debug -D", { debug: true }],
  ["--label a=b --label=c=d", { labels: ["a=b", "c=d"] }],
  ["--insecure-registry registry.test:5000", { "insecure-registries": ["registry.test:5000"] }],
  ["--registry-mirror=https://m.test", { "registry-mirrors": ["https://m.test"] }],
  ["-s btrfs -l=warn", { "storage-driver": "btrfs", "log-level": "warn" }],
  ["--mtu 1400 --ip-masq=false", { mtu: 1400, "ip-masq": false }],
  ["--log-opt max-size=1m --log-opt env=a=b", { "log-opts": { "max-size": "1m", env: "a=b" } }],
  ["--feature containerd-snapshotter --feature x=false", { features: { "containerd-snapshotter": true, x: false } }],
  ["--http-proxy http://p:1", { proxies: { "http-proxy": "http://p:1" } }],
  ["--default-ulimit nofile=10:20", { "default-ulimits": { nofile: { Name: "nofile", Soft: 10, Hard: 20 } } }],
  ["--default-address-pool base=10.9.0.0/16,size=24", { "default-address-pools": [{ base: "10.9.0.0/16", size: 24 }] }],
])("%s is %j", (flags, daemon) => {
  expect(parseEngineFlags(words(flags))).toEqual({ daemon, problems: [] });
});

it.each([
  ["--no-such 1", ["--no-such: the engine has no such option", "1: the engine has no such option"]],
  ["--mtu", ["--mtu: its value is missing"]],
  ["--mtu lots", ["--mtu lots: expected a number"]],
  ["-H tcp://0.0.0.0:2375", ["-H: decided by boot2docker"]],
  ["--tlsverify --tlscacert=/x", ["--tlsverify: decided by boot2docker", "--tlscacert=/x: decided by boot2docker"]],
  ["--debug=perhaps", ["--debug=perhaps perhaps: expected true or false"]],
  ["--default-ulimit many", ["--default-ulimit many: expected name=soft:hard"]],
])("%s has a problem", (flags, problems) => {
  expect(parseEngineFlags(words(flags)).problems).toEqual(problems);
});
