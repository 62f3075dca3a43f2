import { unpackedImage, type UnpackedImage } from "../image/image.ts";
import type { ImageSource } from "../image/manifest.ts";
import type { RootDir } from "../machine-dir/dir.ts";
import type { Observation } from "./observe.ts";
import { waits, type WaitName } from "./readiness.ts";

export type Step =
  | { kind: "renewServerCertificate" }
  | { kind: "renewClientCertificate" }
  | { kind: "awaitShutdown" }
  /** What is left is decided by what is so then. */
  | { kind: "lookAgain" }
  | { kind: "probeDriver" }
  | { kind: "claimPorts" }
  | { kind: "unpackImage"; source: ImageSource }
  | { kind: "startVm"; image: UnpackedImage }
  | { kind: "await"; wait: WaitName };

export type UpFacts = { isOfPresentCa: boolean; isClientCertificateGood: boolean; seen: Observation } & (
  { needsVm: false } | { needsVm: true; source: ImageSource; isUnpacked: boolean }
);

export function needsVm({ vm }: Observation): boolean {
  return vm.state === "off";
}

/**
 * What is left to do until Docker answers; nothing when it does. A guest that is shutting down is only waited for:
 * whether its VM ends or boots again is its own matter, and decides what is left then.
 */
export function planUp(facts: UpFacts, root: RootDir): Step[] {
  const { seen } = facts;
  if (seen.guest?.lifecycle.name === "stopping") return [{ kind: "awaitShutdown" }];
  const certificate: Step[] = facts.isClientCertificateGood ? [] : [{ kind: "renewClientCertificate" }];
  if (!facts.needsVm) {
    if (!facts.isOfPresentCa && !waits["engine-ready"].isMet(seen))
      return [...unmet(seen, "engine-ready"), { kind: "lookAgain" }];
    // An engine that starts gets its certificate from the CA of today; one that runs may have another's.
    const server: Step[] = facts.isOfPresentCa ? [] : [{ kind: "renewServerCertificate" }];
    return [...server, ...certificate, ...unmet(seen, "docker-answers")];
  }
  const { source } = facts;
  return [
    ...certificate,
    { kind: "probeDriver" },
    { kind: "claimPorts" },
    ...(facts.isUnpacked ? [] : [{ kind: "unpackImage", source } as const]),
    { kind: "startVm", image: unpackedImage(root, source) },
    ...waitNames.map(awaitStep),
  ];
}

const waitNames = Object.keys(waits) as WaitName[]; // Object.keys forgets the type; the table's order is the order.

/** Up to that one, which is the last. */
function unmet(seen: Observation, last: WaitName): Step[] {
  const names = waitNames.slice(0, waitNames.indexOf(last) + 1);
  return names.filter((name) => !waits[name].isMet(seen)).map(awaitStep);
}

function awaitStep(wait: WaitName): Step {
  return { kind: "await", wait };
}
