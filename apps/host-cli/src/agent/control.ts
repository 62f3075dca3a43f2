import {
  type agentMethods,
  connectAgent,
  errorCodes,
  type GuestEvent,
  type GuestState,
  type Handlers,
  RpcError,
  type Channel,
  type ResultOf,
} from "@boot2docker/protocol";
import { nameMachineIn } from "../hint-commands.ts";
import type { Host, Server } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import type { AgentLog } from "./agent-log.ts";
import type { GuestLink } from "./guest-link.ts";
import { helloAs } from "./hello.ts";

export type AgentStatus = ResultOf<typeof agentMethods, "agent.status">;
export type ListedPorts = ResultOf<typeof agentMethods, "ports.list">["ports"];

/** What the agent itself knows. */
export interface Known {
  status(): AgentStatus;
  ports(): ListedPorts;
}

const helloLimitMs = 10_000;

/** The agent's socket, where commands of the same user ask. */
export interface Control extends AsyncDisposable {
  broadcast(...message: ["state.changed", GuestState] | ["event", GuestEvent]): void;
}

export async function serveControl(
  host: Host,
  dir: MachineDir,
  link: GuestLink,
  known: Known,
  log: AgentLog,
  signal: AbortSignal,
): Promise<Control> {
  const clients = new Set<Awaited<ReturnType<typeof connectAgent>>>();
  const handlers = controlHandlers(link, known, dir.name);

  const serve = async (channel: Channel): Promise<void> => {
    const options = { channel, hello: helloAs("host", host.clock), handlers, clock: host.clock };
    const client = await connectAgent(options, host.clock.deadline(helloLimitMs, signal));
    clients.add(client);
    await client.closed;
    clients.delete(client);
  };
  const server: Server = await host.network.listenUnix(dir.agentSocket, (channel) => {
    serve(channel).catch((error: unknown) => log.info("client not served", { reason: String(error) }));
  });

  return {
    broadcast(name, params) {
      for (const client of clients) {
        // A client that is just leaving misses nothing: what it asks next time is the whole state.
        client.notify(name, params).catch(() => undefined);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...clients].map((client) => client.close()));
      await server.close();
    },
  };
}

/**
 * The guest's methods are passed through; what is said is checked on both legs by the same table. The guest does not know
 * what its machine is called here: its hints are completed.
 */
function controlHandlers(link: GuestLink, known: Known, machine: string): Handlers<typeof agentMethods> {
  const guest = () => {
    const connection = link.guest();
    if (connection === undefined) {
      throw new RpcError(
        errorCodes.closed,
        `the guest is not connected: ${link.detail() ?? "it has not said hello yet"}`,
      );
    }
    return connection;
  };
  return {
    "state.get": async (params, signal) => nameMachineIn(await guest().call("state.get", params, signal), machine),
    "events.since": async (params, signal) => guest().call("events.since", params, signal),
    "logs.read": async (params, signal) => guest().call("logs.read", params, signal),
    "folders.touch": async (params, signal) => guest().call("folders.touch", params, signal),
    "config.apply": async (params, signal) => guest().call("config.apply", params, signal),
    shutdown: async (params, signal) => guest().call("shutdown", params, signal),
    "clock.set": async (params, signal) => guest().call("clock.set", params, signal),
    "certificate.renew": async (params, signal) => guest().call("certificate.renew", params, signal),
    "disk.grow": async (params, signal) => guest().call("disk.grow", params, signal),
    "disk.trim": async (params, signal) => guest().call("disk.trim", params, signal),
    "agent.status": async () => known.status(),
    "ports.list": async () => ({ ports: known.ports() }),
  };
}
