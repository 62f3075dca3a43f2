import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { makeSandbox } from "../../harness/machine.ts";

/** docs/adr/0009-emulation-in-one-thread.md: with a thread for each processor the kernel is dead within half a minute. */
const patchingMs = 100_000;

test("an emulated kernel that patches its own code all the time: goes on", async () => {
  await using box = await makeSandbox();
  await box.ok("up", "--cpus", "2");
  const readBoot = () => box.ok("ssh", "cat /proc/sys/kernel/random/boot_id");
  const before = await readBoot();
  const key = "/proc/sys/net/core/rps_sock_flow_entries";
  const traffic = "busybox ping -q -A 127.0.0.1 >/dev/null 2>&1 &";
  const patching = `while :; do echo 4096 > ${key}; echo 0 > ${key}; done`;
  const work = box.cli("ssh", `sudo timeout ${String(patchingMs / 1000)} sh -c '${traffic} ${patching}'`);
  await Promise.race([work, delay(patchingMs + 20_000)]);
  expect(await readBoot()).toBe(before);
});
