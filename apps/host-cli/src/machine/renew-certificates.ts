import { renewClientCertificate, replaceCa } from "../tls/ca.ts";
import type { Context } from "./context.ts";
import { withLock } from "./lock.ts";
import { inRow } from "./row.ts";
import { withAgent } from "./with-agent.ts";

/** dockerd ends in order and starts again: as a start of the machine, without its kernel. */
const renewLimitMs = 180_000;

/**
 * The machine's lock is held. The server comes first: whoever is killed in between has a client that is told from a good one, and
 * `up` makes the rest good.
 */
export async function runRenewCertificates(context: Context, { isCaToo }: { isCaToo: boolean }): Promise<void> {
  const { host, dir, driver, progress, signal } = context;
  const rootLock = { path: dir.root.lock, what: dir.root.path, progress, signal };
  const isOn = (await driver.inspect()).state === "on";
  // Without its guest the engine of today would be left with a CA of yesterday.
  if (isOn) await withAgent(context, renewLimitMs, async () => undefined);
  if (isCaToo) {
    await withLock(host, rootLock, () =>
      inRow(progress, "certificate authority made", () => replaceCa(host, dir.root)),
    );
  }
  if (isOn) await renewServerCertificate(context);
  await withLock(host, rootLock, () =>
    inRow(progress, "client certificate made", () => renewClientCertificate(host, dir)),
  );
}

/** Of an engine that runs. Containers go on; what clients have open ends. */
export async function renewServerCertificate(context: Context): Promise<void> {
  await inRow(context.progress, "engine started with another certificate", async () => {
    await withAgent(context, renewLimitMs, (agent, limit) => agent.call("certificate.renew", {}, limit));
  });
}
