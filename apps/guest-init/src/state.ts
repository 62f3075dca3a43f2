import {
  type Folder,
  type GuestState,
  type Lifecycle,
  type Reason,
  ServiceName,
  type ServiceState,
} from "@boot2docker/protocol";
import type { Service } from "./service.ts";
import { isPublic, type ServiceId } from "./services.ts";
import type { System } from "./system.ts";

/** What is known of the machine, each part written by whoever observes it. */
export interface Observations {
  /** Phases that `ready` still waits for, in the order of the plan; empty when the boot is over. */
  unmet: string[];
  /** That run now. */
  running: string[];
  isStopping: boolean;
  /** Fingerprint of the certificate with which the engine may listen on TCP; undefined when it may not. */
  identity: string | undefined;
  rescue: Reason | undefined;
  /** By phase. A phase that succeeds later takes its reason away. */
  degraded: Map<string, Reason>;
  dataDisk: { device: string; mountPoint: string; readOnly: boolean } | undefined;
  /** When it is. */
  diskFull: Reason | undefined;
  sshHostKeys: string[];
  folders: Folder[];
  engineVersion: string | undefined;
}

export const noObservations = (): Observations => ({
  unmet: [],
  running: [],
  isStopping: false,
  identity: undefined,
  rescue: undefined,
  degraded: new Map(),
  dataDisk: undefined,
  diskFull: undefined,
  sshHostKeys: [],
  folders: [],
  engineVersion: undefined,
});

export interface ServiceFacts {
  id: ServiceId;
  state: ServiceState;
  detail: string | undefined;
}

export function deriveLifecycle(seen: Observations, services: readonly ServiceFacts[]): Lifecycle {
  if (seen.isStopping) return { name: "stopping" };
  if (seen.rescue !== undefined) return { name: "rescue", reason: seen.rescue };
  if (seen.unmet.length > 0) return { name: "starting", phase: seen.running[0] ?? "", unmet: seen.unmet };
  const full = seen.diskFull === undefined ? [] : [seen.diskFull];
  const reasons = [...seen.degraded.values(), ...full, ...services.flatMap(findReason)];
  return reasons.length > 0 ? { name: "degraded", reasons } : { name: "ready" };
}

function findReason({ id, state, detail }: ServiceFacts): Reason[] {
  if (!isPublic(id)) return [];
  const said = detail === undefined ? "" : `: ${detail}`;
  const hint = `\`boot2docker logs ${id}\` says more.`;
  switch (state) {
    case "failed":
      return [{ code: `${id}-failed`, message: `${id} kept failing and is not started any more${said}`, hint }];
    case "starting":
    case "running":
    case "backoff":
      // People reach the engine through it; ssh is a side door, whose absence alone does not make a machine degraded.
      return id === "sshd" ? [] : [{ code: `${id}-not-ready`, message: `${id} does not answer${said}`, hint }];
    case "ready":
    case "stopped":
    case "stopping":
      return [];
    default:
      return state satisfies never;
  }
}

/** All of it, as the host is told. */
export async function renderState(
  { dataDisk, sshHostKeys, folders, engineVersion }: Observations,
  lifecycle: Lifecycle,
  sequence: number,
  services: readonly Service[],
  { files, clock, network }: Pick<System, "files" | "clock" | "network">,
): Promise<GuestState> {
  const rendered = renderServices(services);
  return {
    sequence,
    lifecycle,
    uptimeMs: clock.uptimeMs(),
    services: ServiceName.options.map(
      (name) => rendered.find((service) => service.name === name) ?? { name, state: "stopped", restarts: 0 },
    ),
    ...(dataDisk && {
      dataDisk: {
        device: dataDisk.device,
        ...(await files.space(dataDisk.mountPoint)),
        readOnly: dataDisk.readOnly,
      },
    }),
    sshHostKeys,
    folders,
    addresses: outerAddresses(network.addresses()),
    ...(engineVersion !== undefined && { engineVersion }),
  };
}

function renderServices(services: readonly Service[]): GuestState["services"] {
  return services.flatMap(({ spec: { id }, state, process, restarts, detail }) =>
    isPublic(id)
      ? [{ name: id, state, restarts, ...(process && { pid: process.pid }), ...(detail !== undefined && { detail }) }]
      : [],
  );
}

/** Interfaces of Docker's own, which no one outside reaches. */
const INNER_INTERFACE = /^(lo|docker|br-|veth)/;

export function outerAddresses(addresses: readonly { interface: string; address: string }[]): string[] {
  return addresses.filter((entry) => !INNER_INTERFACE.test(entry.interface)).map(({ address }) => address);
}
