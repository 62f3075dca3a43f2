import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askAgent } from "../harness/agent.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { must } from "../harness/run.ts";

/** Whose time the guest has. That it is right before the first certificate is in identity.vm.test.ts. */
let box: Sandbox;
beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up");
});
afterAll(async () => box[Symbol.asyncDispose]());

/** The next one tells the guest the time when it has started, and then not for a minute. */
async function restartAgent(): Promise<void> {
  await killAgent();
  expect(await box.ok("status")).toBe("running");
}

async function killAgent(): Promise<void> {
  const { pid } = await askAgent(box, "agent.status", {});
  process.kill(pid, "SIGKILL");
}

test("a small difference from the host is made up for without a jump, a larger one at once", async () => {
  /** Tells the guest the time. What it says it was off is too much by what the message took, which is not known but bounded. */
  const tell = async (aheadMs: number) => {
    const startMs = performance.now();
    const now = new Date(Date.now() + aheadMs).toISOString();
    const { offsetMs } = await askAgent(box, "clock.set", { now });
    return { offsetMs, tookMs: performance.now() - startMs };
  };
  /** The one of several that took least: each may have put the clock back by what it took. */
  const tellExactly = async () => {
    let best = await tell(0);
    for (let count = 1; count < 20; count += 1) {
      const told = await tell(0);
      if (told.tookMs < best.tookMs) best = told;
    }
    return best;
  };
  /** What it gains on this host in 40 s of making up for a difference, at half a millisecond in a second. */
  const gain = async (aheadMs: number) => {
    await restartAgent();
    // A jump there and back, so that nothing is left of what was before.
    await tell(3_600_000);
    await tell(0);
    const before = await tellExactly();
    await tell(aheadMs);
    await delay(40_000);
    const after = await tellExactly();
    return { ms: after.offsetMs - before.offsetMs, inexactMs: before.tookMs + after.tookMs };
  };
  // An emulated clock is fast or slow by itself, by as much: 20 ms one way, and 20 the other; jumps would be 180 ms.
  const [gained, lost] = [await gain(90), await gain(-90)];
  const inexactMs = gained.inexactMs + lost.inexactMs;
  expect(gained.ms - lost.ms + inexactMs).toBeGreaterThan(20);
  expect(gained.ms - lost.ms - inexactMs).toBeLessThan(90);
  await tell(3_600_000);
  expect((await tell(0)).offsetMs).toBeGreaterThan(3_599_000);
  expect(Math.abs((await tell(0)).offsetMs)).toBeLessThan(1_000);
});

test("no host agent: the time of a server is taken", async () => {
  const server = createSocket("udp4");
  server.on("message", (question, { port, address }) => {
    server.send(timeAnswer(question), port, address);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  await restartAgent();
  const env = await box.dockerEnv();
  const profile = `NTP_SERVER=10.0.2.2:${String(server.address().port)}\n`;
  const prepared = "sudo sh -c 'cat > /var/lib/boot2docker/profile && date -s @1893456000 && date +%Y'";
  expect((await box.cliWith(profile, "ssh", prepared)).stdout).toMatch(/\n2030\n$/);
  // At once: an agent says the time now and then.
  await killAgent();
  // A command of ours would start another agent: Docker's client needs none.
  const guestTime = async () =>
    1000 * Number(await must(box.dockerClient, ["run", "--rm", "boot2docker/busybox", "date", "+%s"], { env }));
  await expect.poll(async () => Math.abs((await guestTime()) - Date.now()), { timeout: 90_000 }).toBeLessThan(10_000);
  // The guest looks twice a minute whether there is a host: that may be at once.
  expect(await box.ok("events", "--json")).toContain(`"server":"10.0.2.2:${String(server.address().port)}"`);
  server.close();
});

/** RFC 5905 §7.3, with this host's time. */
function timeAnswer(question: Buffer): Buffer {
  const answer = Buffer.alloc(48);
  answer.writeUInt8(0b00_100_100, 0);
  answer.writeUInt8(2, 1);
  question.copy(answer, 24, 40, 48);
  const ms = Date.now() + 2_208_988_800_000;
  for (const offset of [32, 40]) {
    answer.writeUInt32BE(Math.floor(ms / 1000) % 2 ** 32, offset);
    answer.writeUInt32BE(Math.floor(((ms % 1000) / 1000) * 2 ** 32), offset + 4);
  }
  return answer;
}
