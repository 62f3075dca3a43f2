import { expect, it } from "vitest";
import { parseProfile } from "./profile.ts";

it("a profile that docker-machine wrote is taken as it is", () => {
  const text = `
EXTRA_ARGS='
--label provider=virtualbox
--insecure-registry registry.test:5000
--registry-mirror https://mirror.test

'
CACERT=/var/lib/boot2docker/ca.pem
DOCKER_HOST='-H tcp://0.0.0.0:2376'
DOCKER_STORAGE=overlay2
DOCKER_TLS=auto
SERVERKEY=/var/lib/boot2docker/server-key.pem
SERVERCERT=/var/lib/boot2docker/server.pem

export "HTTP_PROXY=http://proxy.test:3128"
export NO_PROXY=localhost,.test
export GODEBUG=x=1
`;
  expect(parseProfile(text)).toEqual({
    name: "profile",
    daemon: {
      labels: ["provider=virtualbox"],
      "insecure-registries": ["registry.test:5000"],
      "registry-mirrors": ["https://mirror.test"],
      "storage-driver": "overlay2",
      proxies: { "http-proxy": "http://proxy.test:3128", "no-proxy": "localhost,.test" },
    },
    env: { GODEBUG: "x=1" },
    problems: [],
  });
});

it("variables that are not exported are not the engine's", () => {
  expect(parseProfile('MIRROR=https://m.test\nEXTRA_ARGS="--registry-mirror $MIRROR"')).toMatchObject({
    daemon: { "registry-mirrors": ["https://m.test"] },
    env: {},
    problems: [],
  });
});

it("a variable may have any name", () => {
  expect(parseProfile("export toString=1 constructor=2").env).toEqual({ toString: "1", constructor: "2" });
});

it("the last value of a variable counts", () => {
  expect(parseProfile("EXTRA_ARGS=--no-such\nEXTRA_ARGS=--debug")).toMatchObject({
    daemon: { debug: true },
    problems: [],
  });
});

it.each([
  ["DOCKER_TLS=no", "DOCKER_TLS: the engine is reached with mutual TLS only; `boot2docker env` sets it"],
  [
    "DOCKER_HOST='-H tcp://0.0.0.0:2375'",
    "DOCKER_HOST: the engine listens on port 2376 with mutual TLS, and on its unix socket",
  ],
  ["DOCKER_STORAGE=aufs", "DOCKER_STORAGE: aufs is gone from Docker; overlay2 is used"],
  ["DOCKER_DIR=/data", "DOCKER_DIR: the engine's data is in /var/lib/docker"],
  ["EXTRA_ARGS='-H unix:///x.sock'", "EXTRA_ARGS: -H: decided by boot2docker"],
  ["DOCKER_ULIMITS=many", 'DOCKER_ULIMITS: expected a number of files, not "many"'],
  ["modprobe x", 'line 1: only variables are read here, and this is something else: "modprobe x"'],
])("%s is answered with what is so", (text, problem) => {
  expect(parseProfile(text).problems).toEqual([problem]);
});
