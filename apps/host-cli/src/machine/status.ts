import { stopsVm } from "../agent/vm-problems.ts";
import type { MachineStatus } from "./machine.ts";
import type { Observation } from "./observe.ts";

/** Of a machine that exists. */
export function deriveStatus({ vm, agent, guest }: Observation): MachineStatus {
  if (vm.state === "off") return { state: "stopped" };
  const running = { pid: vm.process.pid, ...(agent === undefined ? {} : { agent: { pid: agent.pid } }) };
  const problem = agent?.problems?.find(stopsVm);
  if (problem !== undefined) {
    const { message, hint } = problem;
    return { state: "unreachable", ...running, detail: message, ...(hint === undefined ? {} : { hint }) };
  }
  if (guest === undefined) {
    if (agent === undefined) return { state: "unreachable", ...running, detail: "the host agent does not answer" };
    return agent.detail === undefined
      ? { state: "starting", ...running }
      : { state: "unreachable", ...running, detail: agent.detail };
  }
  switch (guest.lifecycle.name) {
    case "starting":
      return { state: "starting", ...running, guest };
    case "ready":
      return { state: "running", ...running, guest };
    case "degraded":
    case "rescue":
      return { state: "degraded", ...running, guest };
    case "stopping":
      return { state: "stopping", ...running };
  }
}
