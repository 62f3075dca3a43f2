import {
  connectHost,
  errorText,
  type Channel,
  type GuestEvent,
  type GuestState,
  type Handlers,
  type hostMethods,
} from "@boot2docker/protocol";
import type { Clock } from "../host.ts";
import type { AgentLog } from "./agent-log.ts";
import { helloAs } from "./hello.ts";

type Guest = Awaited<ReturnType<typeof connectHost>>;

/** A guest that has not said hello by then gets a fresh port: whatever went wrong with this one may not repeat. */
const helloLimitMs = 30_000;
const stateLimitMs = 30_000;
const retryMs = 250;

export interface GuestLinkOptions {
  open(signal: AbortSignal): Promise<Channel>;
  requests: Handlers<typeof hostMethods>;
  clock: Clock;
  log: AgentLog;
  /** `bootId` tells the guest from another one that was booted in the same VM. */
  onState(state: GuestState, bootId: string): void;
  onEvent(event: GuestEvent): void;
}

export interface GuestLink {
  /** Undefined while the guest is not connected. */
  guest(): Guest | undefined;
  /** Why it is not connected now, although it once was. */
  detail(): string | undefined;
  /** Connects again and again until `signal` aborts; then resolves. */
  run(signal: AbortSignal): Promise<void>;
}

/** The agent's one connection to its guest. */
export function guestLink(options: GuestLinkOptions): GuestLink {
  const { clock, log } = options;
  let guest: Guest | undefined;
  let detail: string | undefined;

  /** A notification comes after the hello that says of which boot it is. */
  let bootId = "";
  const connect = (channel: Channel, signal: AbortSignal): Promise<Guest> =>
    connectHost(
      {
        channel,
        hello: helloAs("host", clock),
        handlers: options.requests,
        clock,
        onProblem: ({ kind }) => log.info("guest channel problem", { kind }),
        onNotification: (name, params) => {
          if (name === "event") options.onEvent(params);
          else options.onState(params, bootId);
        },
      },
      clock.deadline(helloLimitMs, signal),
    );

  const session = async (signal: AbortSignal): Promise<void> => {
    const connection = await connect(await options.open(signal), signal);
    const close = (): void => void connection.close();
    signal.addEventListener("abort", close, { once: true });
    log.info("guest connected", { version: connection.peer.version, bootId: connection.peer.bootId ?? "" });
    guest = connection;
    bootId = connection.peer.bootId ?? "";
    detail = undefined;
    try {
      options.onState(await connection.call("state.get", {}, clock.deadline(stateLimitMs, signal)), bootId);
      detail = errorText(await connection.closed);
    } finally {
      guest = undefined;
      signal.removeEventListener("abort", close);
      await connection.close();
      log.info("guest disconnected", { detail: detail ?? "" });
    }
  };

  return {
    guest: () => guest,
    detail: () => detail,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await session(signal);
        } catch (error) {
          log.info("guest not reached", { reason: errorText(error) });
        }
        await clock.delay(retryMs, signal).catch(() => undefined); // Aborted: the loop's condition sees it.
      }
    },
  };
}
