import { expect, test } from "vitest";
import { FakeWorld } from "../testing/fake-world.ts";
import { choosePorts, parseLsof, parseSs, portPairs } from "./ports.ts";

test("the first pair is chosen of which both are free on the host and of no machine", async () => {
  const world = new FakeWorld();
  world.ports.set(23763, "somebody");
  expect(await choosePorts(world.host(), new Set([23760]))).toEqual({ dockerPort: 23764, sshPort: 23765 });
});

test("when no pair is free the error names the range", async () => {
  const world = new FakeWorld();
  for (const { dockerPort } of portPairs(new Set())) world.ports.set(dockerPort, "somebody");
  await expect(choosePorts(world.host(), new Set())).rejects.toMatchObject({
    code: "ports-exhausted",
    message: "no free pair of ports from 23760 to 24159 on 127.0.0.1",
  });
});

test("all ports lie below those that systems hand out themselves", () => {
  const last = portPairs(new Set()).at(-1);
  expect(last?.sshPort).toBeLessThan(32768);
});

test.each([
  ['LISTEN 0 5 127.0.0.1:1 0.0.0.0:* users:(("nginx",pid=12,fd=6),("nginx",pid=13,fd=6))', "nginx (process 12)"],
  ["LISTEN 0 5 127.0.0.1:1 0.0.0.0:*", undefined],
  ["", undefined],
])("ss says who listens: %s", (text, owner) => {
  expect(parseSs(text)).toBe(owner);
});

test("lsof says who listens", () => {
  expect(parseLsof("p123\ncnode\nf12\n")).toBe("node (process 123)");
  expect(parseLsof("")).toBeUndefined();
});
