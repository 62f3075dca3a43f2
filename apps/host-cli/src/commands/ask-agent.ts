import { RpcError } from "@boot2docker/protocol";
import type { AgentConnection } from "../agent/open-agent.ts";
import type { Clock } from "../host.ts";
import type { Context } from "./verb.ts";

const askLimitMs = 10_000;
const returnMs = 500;

/** Who answers for a machine, for as long as somebody asks. */
export interface AgentLine extends AsyncDisposable {
  /** An agent that is not there is started; one that is gone is replaced with the next question. Fails with RpcError while the guest is away. */
  ask<T>(question: (agent: AgentConnection, limit: AbortSignal) => Promise<T>): Promise<T>;
  /** Whether there is a guest to come back. */
  isOn(): Promise<boolean>;
}

/** `onChange` is called when the guest's state may have changed. */
export async function openAgentLine(
  { host, signal }: Context,
  name: string,
  onChange: () => void = () => undefined,
): Promise<AgentLine> {
  const [{ machineDir }, { openAgent }, { qemuDriver }] = await Promise.all([
    import("../machine-dir/dir.ts"),
    import("../agent/open-agent.ts"),
    import("../driver/qemu.ts"),
  ]);
  const dir = machineDir(host, name);
  const driver = qemuDriver(host, dir);
  let agent: AgentConnection | undefined;
  return {
    async ask(question) {
      agent ??= await openAgent(host, dir, onChange, signal);
      try {
        return await question(agent, host.clock.deadline(askLimitMs, signal));
      } catch (error) {
        await agent.close();
        agent = undefined;
        throw error;
      }
    },
    isOn: async () => (await driver.inspect()).state === "on",
    [Symbol.asyncDispose]: async () => agent?.close(),
  };
}

/** After a question that failed, for who goes on asking: false when the machine is off. Throws the error when nobody will answer. */
export async function awaitReturn(
  error: unknown,
  { isOn }: Pick<AgentLine, "isOn">,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  // Whatever it is: where there is no VM, an agent is not to be had either.
  if (!(await isOn())) return false;
  if (!(error instanceof RpcError)) throw error;
  await clock.delay(returnMs, signal);
  return true;
}
