import { expect, it } from "vitest";
import { rotateForever, rotateLogs } from "./log-rotation.ts";
import { LOG_DIR } from "./paths.ts";
import { settle } from "./testing/fake-clock.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const LARGE = "x".repeat(10 * 1024 * 1024 + 1);

it("a log over its limit is copied away and emptied, others are left alone", async () => {
  const system = new FakeSystem();
  system.content.set(`${LOG_DIR}/dockerd.log`, LARGE);
  system.content.set(`${LOG_DIR}/dockerd.log.1`, LARGE);
  system.content.set(`${LOG_DIR}/sshd.log`, "short");
  await rotateLogs(system);
  expect(system.history).toEqual([`rotate ${LOG_DIR}/dockerd.log ${LOG_DIR}/dockerd.log.1`]);
});

it("rotation goes on after a failure, until it is told to end", async () => {
  const system = new FakeSystem();
  const failures: unknown[] = [];
  const stop = new AbortController();
  system.content.set(`${LOG_DIR}/dockerd.log`, LARGE);
  system.files.rotate = () => Promise.reject(new Error("ENOSPC"));
  const ended = rotateForever(system, (error) => void failures.push(error), stop.signal);
  await settle();
  await system.clock.advance(60_000);
  expect(failures).toHaveLength(2);
  stop.abort();
  await expect(ended).resolves.toBeUndefined();
});
