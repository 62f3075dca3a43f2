import type { DriverInfo } from "../driver/driver.ts";
import { isUnpacked, unpackImage } from "../image/image.ts";
import { openImageSource } from "../image/manifest.ts";
import { isClientCertificateGood, isOfPresentCa, renewClientCertificate } from "../tls/ca.ts";
import { awaitWait } from "./await-wait.ts";
import type { Context } from "./context.ts";
import { checkDataDisk } from "./data-disk.ts";
import { withLock } from "./lock.ts";
import type { MachineConfig } from "../machine-dir/config-file.ts";
import { needsVm, planUp, type Step, type UpFacts } from "./plan.ts";
import { writeInherited } from "../machine-dir/inherited.ts";
import { checkPortsFree } from "../machine-dir/ports.ts";
import { shutdown, waits } from "./readiness.ts";
import { renewServerCertificate } from "./renew-certificates.ts";
import { inRow } from "./row.ts";
import { watchMachine, type Watch } from "./watch.ts";

type Executors = { [K in Step["kind"]]: (step: Extract<Step, { kind: K }>) => Promise<void> };

/** From whatever is so now until Docker answers from this host. The machine's lock is held. */
export async function runUp(context: Context, config: MachineConfig): Promise<void> {
  const { host, dir, driver } = context;
  await checkDataDisk(host, dir);
  await using watch = watchMachine(host, dir, config, driver);
  const executors = upExecutors(context, config, watch);
  for (;;) {
    const steps = planUp(await readFacts(context, watch), dir.root);
    try {
      for (const step of steps) await execute(executors, step);
      if (!steps.some(({ kind }) => kind === "awaitShutdown" || kind === "lookAgain")) return;
    } catch (error) {
      context.signal.throwIfAborted();
      const wasItsOwn = steps.some(({ kind }) => kind === "startVm");
      if (wasItsOwn || (await driver.inspect()).state === "on") throw error;
    }
    // The VM that was found was going. What is left now is looked at anew.
  }
}

async function readFacts({ host, dir, signal }: Context, watch: Watch): Promise<UpFacts> {
  const seen = await watch.look(signal);
  const facts = {
    seen,
    isOfPresentCa: await isOfPresentCa(host, dir),
    isClientCertificateGood: await isClientCertificateGood(host, dir),
  };
  if (!needsVm(seen)) return { ...facts, needsVm: false };
  const source = await openImageSource(host, signal);
  return { ...facts, needsVm: true, source, isUnpacked: await isUnpacked(host, dir.root, source) };
}

function execute(executors: Executors, step: Step): Promise<void> {
  // The compiler does not see that kind and step belong together in a union.
  const run = executors[step.kind] as (step: Step) => Promise<void>;
  return run(step);
}

function upExecutors(context: Context, config: MachineConfig, watch: Watch): Executors {
  const { host, dir, driver, progress, signal } = context;
  const rootLock = { path: dir.root.lock, what: dir.root.path, progress, signal };
  let info: DriverInfo | undefined;
  return {
    renewServerCertificate: () => renewServerCertificate(context),
    renewClientCertificate: () =>
      withLock(host, rootLock, () =>
        inRow(progress, "client certificate made", () => renewClientCertificate(host, dir)),
      ),
    unpackImage: ({ source }) =>
      withLock(host, rootLock, () =>
        inRow(progress, `image ${source.manifest.version} unpacked`, async (update) => {
          if (await isUnpacked(host, dir.root, source)) return; // By whom we waited for.
          await unpackImage(host, dir.root, source, update, signal);
        }),
      ),
    awaitShutdown: () => awaitWait(shutdown, watch, dir, host.clock, progress, signal),
    lookAgain: async () => undefined,
    probeDriver: async () => {
      info = await driver.probe(signal);
    },
    claimPorts: () => checkPortsFree(host, config, signal),
    startVm: async ({ image }) => {
      await inRow(progress, "VM started", async () => {
        info ??= await driver.probe(signal);
        await writeInherited(host, dir, config.inherit);
        await driver.start({ name: dir.name, ...config, ...image, dataDiskPath: dir.dataDisk }, info, signal);
        return howItRuns(info);
      });
    },
    await: ({ wait }) => awaitWait(waits[wait], watch, dir, host.clock, progress, signal),
  };
}

/** For example `kvm, QEMU 7.2.22`, or why it is slow. */
function howItRuns({ accelerator, version, rejected }: DriverInfo): string {
  const why = rejected.map((other) => `${other.accelerator} does not work here: ${other.reason}`);
  return [`${accelerator}, QEMU ${version}`, ...why].join("; ");
}
