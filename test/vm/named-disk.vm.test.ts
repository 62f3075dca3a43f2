import { truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { helloAs } from "@boot2docker/host-cli/src/agent/hello.ts";
import { connectHost, type GuestEvent, type GuestState } from "@boot2docker/protocol";
import { expect, test } from "vitest";
import { hostOf } from "../harness/agent.ts";
import { cliFile, makeSandbox } from "../harness/machine.ts";
import { wrapQemu } from "../harness/qemu-wrapper.ts";
import { run } from "../harness/run.ts";

/** Our own disks ask for their formatting; other hosts may name a blank one instead. Here the test is the guest's host. */
test.each([
  [true, "degraded", "by the host"], // It gets no certificate here.
  [false, "rescue", undefined],
])(
  "a blank disk that the host names: formatted or refused, as the host says (%s: %s)",
  async (formatIfBlank, lifecycle, asked) => {
    await using box = await makeSandbox();
    await box.ok("init", "--disk-size", "2g");
    const { host, dir } = hostOf(box);
    truncateSync(dir.dataDisk, 0);
    truncateSync(dir.dataDisk, 2 ** 31);
    const path = join(box.root, "own.sock");
    wrapQemu(box, `from='${dir.channelSocket}' to='${path}'\narguments=("\${arguments[@]/"$from"/"$to"}")`);
    // It would wait for a guest that does not come to its agent, with the machine's lock held.
    const end = new AbortController();
    const up = run(process.execPath, [cliFile, "up"], { env: box.env, signal: end.signal }).catch(() => undefined);
    const signal = AbortSignal.timeout(120_000);
    const states: GuestState[] = [];
    const events: GuestEvent[] = [];
    const guest = await connectHost(
      {
        channel: await untilConnected(() => host.network.connectUnix(path, signal), signal),
        clock: host.clock,
        hello: helloAs("host", host.clock),
        handlers: {
          "config.get": async () => ({
            hostname: "named",
            dataDisk: { serial: "b2d-data", formatIfBlank },
            network: { mode: "dhcp" },
            authorizedKeys: [],
          }),
          "folders.connect": async () => ({}),
          "names.resolve": async () => ({ addresses: [] }),
          "ports.publish": async () => ({ refused: [] }),
          "certificate.issue": () => Promise.reject(new Error("not here")),
        },
        onNotification: (name, params) => {
          if (name === "event") events.push(params);
          else states.push(params);
        },
      },
      signal,
    );
    await expect.poll(() => states.at(-1)?.lifecycle.name, { timeout: 120_000 }).toBe(lifecycle);
    expect(events.find(({ name }) => name === "data-disk.formatting")?.fields["asked"]).toBe(asked);
    expect(states.at(-1)?.dataDisk?.device).toBe(formatIfBlank ? "/dev/vdb" : undefined);
    await guest.close();
    end.abort();
    await up;
  },
);

async function untilConnected<T>(connect: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await connect();
    } catch {
      await delay(50, undefined, { signal }); // QEMU has not made it yet.
    }
  }
}
