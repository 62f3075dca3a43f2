import { errorCodes, RpcError } from "@boot2docker/protocol";
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
  /** Says, once for each absence, that somebody waits. */
  onAway(): void;
}

/** What a session that ended, or one that is not there yet, is told by. */
const awayCodes: readonly number[] = [errorCodes.closed, errorCodes.cancelled];

/** `onChange` is called when the guest's state may have changed. */
export async function openAgentLine(
  { host, ui, signal }: Context,
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
  let isAway = false;
  return {
    async ask(question) {
      agent ??= await openAgent(host, dir, onChange, signal);
      try {
        const answer = await question(agent, host.clock.deadline(askLimitMs, signal));
        isAway = false;
        return answer;
      } catch (error) {
        await agent.close();
        agent = undefined;
        throw error;
      }
    },
    isOn: async () => (await driver.inspect()).state === "on",
    onAway() {
      if (!isAway) ui.say(`the guest of ${name} does not answer; this goes on when it does`);
      isAway = true;
    },
    [Symbol.asyncDispose]: async () => agent?.close(),
  };
}

/** After a question that failed, for who goes on asking: false when the machine is off. Throws the error when to wait is of no use. */
export async function awaitReturn(
  error: unknown,
  { isOn, onAway }: Pick<AgentLine, "isOn"> & Partial<Pick<AgentLine, "onAway">>,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  // Whatever it is: where there is no VM, an agent is not to be had either.
  if (!(await isOn())) return false;
  if (!(error instanceof RpcError) || !awayCodes.includes(error.code)) throw error;
  onAway?.();
  await clock.delay(returnMs, signal);
  return true;
}
