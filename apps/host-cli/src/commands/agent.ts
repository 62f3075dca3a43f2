import { defaultMachine, machineOperand, verb } from "./verb.ts";

/** Started by the other verbs, never by a person: its output is the machine's agent.log. */
export const agent = verb({
  aliases: [],
  summary: "attend a running machine",
  operands: [machineOperand],
  options: {},
  isHidden: true,
  async run({ host, signal }, { operands }) {
    host.spareMemory();
    const { runAgent } = await import("../agent/agent.ts");
    await runAgent(host, operands[0] ?? defaultMachine, signal);
  },
});
