import { errorText, RpcError, type GuestState } from "@boot2docker/protocol";
import type { AgentStatus } from "../agent/control.ts";
import type { AgentConnection } from "../agent/open-agent.ts";
import { stopsVm } from "../agent/vm-problems.ts";
import type { Driver, VmFacts } from "../driver/driver.ts";
import type { Host, HttpsAnswer } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import type { MachineConfig } from "../machine-dir/config-file.ts";

/** What is so at one moment, by looking. Everything about a machine's state is derived from it. */
export interface Observation {
  vm: VmFacts;
  /** Absent when no agent of this VM answered. */
  agent?: AgentStatus;
  /** Absent while the guest is not connected. */
  guest?: GuestState;
  /** Only where it was asked for, and the guest says that its engine works. */
  docker?: DockerAnswer;
}

export type DockerAnswer = { answers: true } | { answers: false; problem: string };

const askLimitMs = 10_000;
const pingLimitMs = 5_000;

export async function observe(
  host: Host,
  driver: Driver,
  agent: AgentConnection | undefined,
  signal: AbortSignal,
): Promise<Observation> {
  const vm = await driver.inspect();
  if (vm.state === "off" || agent === undefined) return { vm };
  const limit = host.clock.deadline(askLimitMs, signal);
  let status: AgentStatus | undefined;
  try {
    status = await agent.call("agent.status", {}, limit);
    if (status.vmPid !== vm.process.pid) return { vm }; // It attends a VM that is just going.
    // A guest that stands still would not answer.
    if (!status.guestConnected || status.problems?.some(stopsVm) === true) return { vm, agent: status };
    return { vm, agent: status, guest: await agent.call("state.get", {}, limit) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RpcError) && !limit.aborted) throw error;
    return status === undefined ? { vm } : { vm, agent: { detail: "the guest does not answer", ...status } };
  }
}

export async function pingDocker(
  host: Host,
  dir: MachineDir,
  config: MachineConfig,
  signal: AbortSignal,
): Promise<DockerAnswer> {
  const answer = await askDocker(host, dir, config, signal);
  if ("problem" in answer) return { answers: false, problem: answer.problem };
  const { status, body } = answer;
  return status === 200 ? { answers: true } : { answers: false, problem: `it answers ${status}: ${body}` };
}

/** Asks the engine as the user's docker client does: over TCP from this host, with both certificates checked. */
export async function askDocker(
  host: Host,
  dir: MachineDir,
  config: MachineConfig,
  signal: AbortSignal,
  path = "/_ping",
): Promise<HttpsAnswer | { problem: string }> {
  const [ca, cert, key] = await Promise.all(
    [dir.tlsCa, dir.tlsCert, dir.tlsKey].map((path) => host.files.readText(path)),
  );
  if (ca === undefined || cert === undefined || key === undefined) {
    return { problem: `a certificate is missing in ${dir.tlsDir}` };
  }
  const limit = host.clock.deadline(pingLimitMs, signal);
  const request = { port: config.dockerPort, path, ca, cert, key, serverName: dir.name };
  try {
    return await host.network.httpsGet(request, limit);
  } catch (error) {
    signal.throwIfAborted();
    return { problem: errorText(error) };
  }
}
