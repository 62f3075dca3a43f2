import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSandbox, type Sandbox } from "../../harness/machine.ts";

/** What is done many times leaves nothing behind. */
let box: Sandbox;
const inGuest = (command: string) => box.ok("ssh", command);
const limitMs = 900_000;

beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up");
});
afterAll(async () => box[Symbol.asyncDispose]());

/** Memory of guest-init that is its own, in KiB (proc_pid_status(5)), when it has had nothing to do for a while. */
const readMemoryKiB = async () =>
  Number(await inGuest("sleep 20; sudo awk '/^RssAnon/ {print $2}' /proc/$(pidof guest-init)/status"));

test(
  "1,000 orphans and 50 containers: no zombies, and guest-init takes no more memory",
  async () => {
    const work = async (): Promise<void> => {
      // Each subshell leaves a child behind that ends after its parent: only PID 1 can wait for it.
      await inGuest("i=0; while [ $i -lt 500 ]; do (sleep 0.2 &); i=$((i+1)); done; sleep 5");
      await inGuest("for i in $(seq 25); do docker run --rm boot2docker/busybox true; done");
    };
    await work();
    const beforeKiB = await readMemoryKiB();
    await work();
    expect(await inGuest("ps -eo stat= | grep -c '^Z' || true")).toBe("0");
    const afterKiB = await readMemoryKiB();
    expect(afterKiB - beforeKiB).toBeLessThan(2_048);
    expect(afterKiB).toBeLessThan(20e6 / 1024);
    expect(await inGuest("docker ps -aq")).toBe("");
  },
  limitMs,
);

test(
  "a daemon that says much: its log is cut at two files of 10 MiB, and goes on",
  async () => {
    const folder = "/var/lib/boot2docker/log";
    await inGuest(`sudo sh -c 'yes "a line of no interest" | head -c 11000000 >> ${folder}/dockerd.log'`);
    await expect
      .poll(() => inGuest(`sudo stat -c %s ${folder}/dockerd.log ${folder}/dockerd.log.1`), { timeout: 120_000 })
      .toMatch(/^\d{1,6}\n11\d{6}$/);
    await inGuest("sudo kill -USR1 $(pidof dockerd)"); // It says where it wrote its stacks to.
    await expect.poll(() => box.ok("logs", "dockerd"), { timeout: 30_000 }).toContain("goroutine stacks written");
  },
  limitMs,
);
