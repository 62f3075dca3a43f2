import type { MachineStatus } from "./machine.ts";
import type { Observation } from "./observe.ts";

/** Of a machine that exists. */
export function deriveStatus({ vm, agent, guest }: Observation): MachineStatus {
  if (vm.state === "off") return { state: "stopped" };
  const { pid } = vm.process;
  const problem = agent?.problems?.find(({ code }) => code === "vm-paused");
  if (problem !== undefined) return { state: "unreachable", pid, detail: problem.message };
  if (guest === undefined) {
    if (agent === undefined) return { state: "unreachable", pid, detail: "the host agent does not answer" };
    return agent.detail === undefined
      ? { state: "starting", pid }
      : { state: "unreachable", pid, detail: agent.detail };
  }
  switch (guest.lifecycle.name) {
    case "starting":
      return { state: "starting", pid, guest };
    case "ready":
      return { state: "running", pid, guest };
    case "degraded":
    case "rescue":
      return { state: "degraded", pid, guest };
    case "stopping":
      return { state: "stopping", pid };
  }
}
