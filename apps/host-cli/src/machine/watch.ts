import { openAgent, type AgentConnection } from "../agent/open-agent.ts";
import type { Driver } from "../driver/driver.ts";
import { isServing } from "../guest-state.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import type { MachineConfig } from "../machine-dir/config-file.ts";
import { observe, pingDocker, type Observation } from "./observe.ts";

const longestPauseMs = 1_000;

/** A running look at one machine, for a command that waits. Starts the host agent of a running VM when it is missing. */
export interface Watch extends AsyncDisposable {
  look(signal: AbortSignal): Promise<Observation>;
  /** Resolves when something may have changed since the last look, after a second at the latest. */
  change(signal: AbortSignal): Promise<void>;
}

export function watchMachine(host: Host, dir: MachineDir, config: MachineConfig, driver: Driver): Watch {
  let agent: AgentConnection | undefined;
  let changed = Promise.withResolvers<undefined>();

  const drop = async (): Promise<void> => {
    await agent?.close();
    agent = undefined;
  };
  return {
    async look(signal) {
      changed = Promise.withResolvers();
      if ((await driver.inspect()).state === "off") await drop();
      else agent ??= await openAgent(host, dir, () => changed.resolve(undefined), signal);
      const seen = await observe(host, driver, agent, signal);
      if (seen.agent === undefined) await drop(); // It broke, or is of an earlier VM: the next look opens another.
      if (seen.guest === undefined || !isServing(seen.guest)) return seen;
      return { ...seen, docker: await pingDocker(host, dir, config, signal) };
    },
    async change(signal) {
      const ended = new AbortController();
      const pause = host.clock.delay(longestPauseMs, AbortSignal.any([signal, ended.signal]));
      try {
        await Promise.race([changed.promise, pause]);
      } finally {
        ended.abort();
        pause.catch(() => undefined); // It was only there to end the race.
      }
    },
    [Symbol.asyncDispose]: drop,
  };
}
