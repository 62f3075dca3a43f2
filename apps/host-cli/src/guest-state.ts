import type { GuestState, Reason } from "@boot2docker/protocol";

/** Docker is there for use. A `degraded` guest may have it too: what else is wrong is in its reasons. */
export function isServing({ lifecycle, services }: GuestState): boolean {
  if (lifecycle.name === "ready") return true;
  return lifecycle.name === "degraded" && services.some(({ name, state }) => name === "dockerd" && state === "ready");
}

/** Docker is not there, and no waiting helps. */
export function hasGivenUp({ lifecycle, services }: GuestState): boolean {
  if (lifecycle.name === "rescue") return true;
  return lifecycle.name === "degraded" && services.some(({ name, state }) => name === "dockerd" && isOver(state));
}

function isOver(state: GuestState["services"][number]["state"]): boolean {
  return state === "failed" || state === "stopped";
}

/** What is wrong, as the guest says it. */
export function reasonsOf({ lifecycle }: GuestState): readonly Reason[] {
  if (lifecycle.name === "degraded") return lifecycle.reasons;
  return lifecycle.name === "rescue" ? [lifecycle.reason] : [];
}
