/**
 * Host, guest and client, each with its end of the protocol: who serves what to whom. `docs/protocol.md` is the wire.
 */
import type * as z from "zod/mini";
import type { Channel } from "./channel.ts";
import type { Clock } from "./clock.ts";
import type { RpcError } from "./errors.ts";
import { agentMethods, guestMethods, guestNotifications, type Hello, hostMethods } from "./messages.ts";
import type { Handlers, MethodTable, NotificationArgs, NotificationTable, ParamsOf, ResultOf } from "./methods.ts";
import type { SessionProblem } from "./problems.ts";
import { Session } from "./session.ts";

const nothing = {} as const;
type Nothing = typeof nothing;

/** What each side says of itself. Read anew for each hello, so `now` may be a getter. */
export type LocalHello<Role extends Hello["role"] = Hello["role"]> = Omit<Hello, "nonce" | "echo" | "established"> & {
  role: Role;
};

export interface ConnectOptions<
  Local extends MethodTable,
  Role extends Hello["role"] = Hello["role"],
  Hears extends NotificationTable = NotificationTable,
> {
  /** The connection closes it, also when it never came to a session. */
  channel: Channel;
  hello: LocalHello<Role>;
  handlers: Handlers<Local>;
  /** Called in the order of arrival, with params that fit the table. Must not wait. */
  onNotification?: (...notification: NotificationArgs<Hears>) => void;
  /** What was dropped and survived: for a log. */
  onProblem?: (problem: SessionProblem) => void;
  clock: Clock;
}

/** A session with a peer. It is over for good when the peer, the carrier or this side ends it: connect anew. */
export interface Connection<Remote extends MethodTable, Sends extends NotificationTable = typeof guestNotifications> {
  /** The hello with which the session began. */
  readonly peer: Hello;
  /** The highest version that both speak. */
  readonly protocolVersion: number;
  /**
   * Rejects with `RpcError`: the peer's own code, or `cancelled` at once when `signal` aborts (the peer's handler is
   * told), `invalidResult`, or `closed` when the session ends before the answer.
   */
  call<K extends keyof Remote & string>(
    method: K,
    params: ParamsOf<Remote, K>,
    signal: AbortSignal,
  ): Promise<ResultOf<Remote, K>>;
  /** Resolves when the carrier took it. Nobody answers, and a peer that does not know the name drops it. */
  notify<K extends keyof Sends & string>(name: K, params: z.infer<Sends[K]>): Promise<void>;
  /** Resolves, never rejects, when the session is over and the channel closed, with the reason. */
  readonly closed: Promise<RpcError>;
  /** Drops what was not written, rejects calls that are pending, aborts running handlers. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The guest's end: serves the guest, asks the host. */
export function connectGuest(
  options: ConnectOptions<typeof guestMethods, "guest", Nothing>,
  signal: AbortSignal,
): Promise<Connection<typeof hostMethods>> {
  const tables = { serves: guestMethods, calls: hostMethods, hears: nothing, sends: guestNotifications };
  return connect({ ...tables, peerRole: "host", speaksFirst: true }, options, signal);
}

/** The host agent's end towards the guest. Lets the guest speak first: what it has not opened yet loses bytes. */
export function connectHost(
  options: ConnectOptions<typeof hostMethods, "host", typeof guestNotifications>,
  signal: AbortSignal,
): Promise<Connection<typeof guestMethods, Nothing>> {
  const tables = { serves: hostMethods, calls: guestMethods, hears: guestNotifications, sends: nothing };
  return connect({ ...tables, peerRole: "guest", speaksFirst: false }, options, signal);
}

/** The host agent's end towards a process of the same user. */
export function connectAgent(
  options: ConnectOptions<typeof agentMethods, "host", Nothing>,
  signal: AbortSignal,
): Promise<Connection<Nothing>> {
  const tables = { serves: agentMethods, calls: nothing, hears: nothing, sends: guestNotifications };
  return connect({ ...tables, peerRole: "client", speaksFirst: false }, options, signal);
}

/** The end of a process that asks the host agent: it serves nothing. */
export function connectClient(
  options: ConnectOptions<Nothing, "client", typeof guestNotifications>,
  signal: AbortSignal,
): Promise<Connection<typeof agentMethods, Nothing>> {
  const tables = { serves: nothing, calls: agentMethods, hears: guestNotifications, sends: nothing };
  return connect({ ...tables, peerRole: "host", speaksFirst: true }, options, signal);
}

interface End<
  Local extends MethodTable,
  Remote extends MethodTable,
  Hears extends NotificationTable,
  Sends extends NotificationTable,
> {
  serves: Local;
  calls: Remote;
  hears: Hears;
  sends: Sends;
  peerRole: Hello["role"];
  speaksFirst: boolean;
}

async function connect<
  Local extends MethodTable,
  Remote extends MethodTable,
  Hears extends NotificationTable,
  Sends extends NotificationTable,
>(
  end: End<Local, Remote, Hears, Sends>,
  options: ConnectOptions<Local, Hello["role"], Hears>,
  signal: AbortSignal,
): Promise<Connection<Remote, Sends>> {
  const session = new Session({
    ...end,
    channel: options.channel,
    clock: options.clock,
    hello: options.hello,
    handlers: options.handlers,
    // The session calls it only with params that this table's schema has let through.
    onNotification: (options.onNotification ?? ignore) as (name: string, params: unknown) => void,
    onProblem: options.onProblem ?? ignore,
  });
  const { peer, protocolVersion } = await session.establish(signal);
  return {
    peer,
    protocolVersion,
    closed: session.closed,
    // The session resolves a call only with what the method's result schema has let through.
    call: (method, params, callSignal) =>
      session.call(method, params, callSignal) as Promise<ResultOf<Remote, typeof method>>,
    notify: (name, params) => session.notify(name, params),
    close: () => session.close(),
    [Symbol.asyncDispose]: () => session.close(),
  };
}

function ignore(): void {
  // The owner did not ask.
}
