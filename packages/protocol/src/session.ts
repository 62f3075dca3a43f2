import { Calls } from "./calls.ts";
import type { Channel } from "./channel.ts";
import type { Clock } from "./clock.ts";
import { cancelMethod, encodeEnvelope, helloMethod, type Notification, parseEnvelope } from "./envelope.ts";
import { errorCodes, errorText, RpcError } from "./errors.ts";
import { createFrameDecoder, type Decoded } from "./framing.ts";
import { type Handshake, negotiate, receiveHello } from "./handshake.ts";
import { limits } from "./limits.ts";
import { Hello } from "./messages.ts";
import type { Handlers, MethodTable, NotificationTable } from "./methods.ts";
import { Outbox } from "./outbox.ts";
import { type SessionProblem, validate } from "./problems.ts";
import { Serving } from "./serving.ts";

/** What one side is in a session; `rpc.ts` has one for each pair of peers. */
export interface SessionOptions {
  channel: Channel;
  clock: Clock;
  /** Read for each hello that is sent. */
  hello: Omit<Hello, "nonce" | "echo" | "established">;
  peerRole: Hello["role"];
  /** Says hello at once; the other side waits for it, or one interval. */
  speaksFirst: boolean;
  serves: MethodTable;
  handlers: Handlers<MethodTable>;
  calls: MethodTable;
  hears: NotificationTable;
  onNotification: (name: string, params: unknown) => void;
  onProblem: (problem: SessionProblem) => void;
}

export interface Established {
  peer: Hello;
  protocolVersion: number;
}

/** One session on one channel, from the first hello to the end. Owns the channel. */
export class Session {
  readonly #options: SessionOptions;
  readonly #outbox: Outbox;
  readonly #calls: Calls;
  readonly #serving: Serving;
  readonly #established = Promise.withResolvers<Established>();
  readonly #closed = Promise.withResolvers<RpcError>();
  /** Aborted when no more hellos need to be repeated. */
  readonly #handshakeOver = new AbortController();
  #handshake: Handshake;
  #isHelloQueued = false;
  /** Between `established` and the end: only then messages other than a hello count. */
  #isOpen = false;
  #endReason: RpcError | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.channel, (reason) => this.#end(reason));
    this.#calls = new Calls(options.calls, this.#outbox);
    this.#serving = new Serving(options.serves, options.handlers, this.#outbox, options.onProblem);
    this.#handshake = { nonce: options.clock.randomId(), established: false };
    // Whoever lets a session fail without having waited for it has read `closed`.
    this.#established.promise.catch(() => undefined);
  }

  get closed(): Promise<RpcError> {
    return this.#closed.promise;
  }

  /** Resolves when the session exists. `signal` bounds only that. On failure the channel is closed. */
  async establish(signal: AbortSignal): Promise<Established> {
    const onAbort = (): void => this.#end(this.#gaveUp(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    void this.#read();
    void this.#repeatHello();
    try {
      return await this.#established.promise;
    } catch (error) {
      await this.#closed.promise;
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async call(method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    const reason = this.#endReason;
    if (reason !== undefined) throw new RpcError(reason.code, `${method}: ${reason.message}`, { cause: reason });
    return this.#calls.call(method, params, signal);
  }

  async notify(name: string, params: unknown): Promise<void> {
    const frame = encodeEnvelope({ kind: "notification", method: name, params });
    await this.#outbox.send(frame.length, () => frame);
  }

  async close(): Promise<void> {
    this.#end(new RpcError(errorCodes.closed, "the connection was closed on this side"));
    await this.#closed.promise;
  }

  async #read(): Promise<void> {
    const decoder = createFrameDecoder();
    try {
      for await (const bytes of this.#options.channel.incoming) {
        for (const decoded of decoder.push(bytes)) this.#receive(decoded);
        if (this.#endReason !== undefined) return;
      }
      this.#end(new RpcError(errorCodes.closed, "the peer or the carrier is gone: the channel ended"));
    } catch (cause) {
      this.#end(new RpcError(errorCodes.closed, `the channel failed: ${errorText(cause)}`, { cause }));
    }
  }

  #receive(decoded: Decoded): void {
    if (this.#endReason !== undefined) return;
    if ("problem" in decoded) {
      this.#options.onProblem({ kind: "frame", problem: decoded.problem });
      return;
    }
    const envelope = parseEnvelope(decoded.message);
    if (envelope === undefined) {
      this.#options.onProblem({ kind: "invalid-message", problems: ["not a message of JSON-RPC 2.0"] });
    } else if (envelope.kind === "notification" && envelope.method === helloMethod) {
      this.#receiveHello(envelope.params);
    } else if (!this.#isOpen) {
      this.#options.onProblem({ kind: "stale-message" });
    } else if (envelope.kind === "request") {
      this.#serving.request(envelope);
    } else if (envelope.kind === "notification") {
      this.#receiveNotification(envelope);
    } else {
      this.#calls.settle(envelope);
    }
  }

  #receiveHello(params: unknown): void {
    const hello = validate(Hello, params);
    if (!hello.ok) {
      this.#options.onProblem({ kind: "invalid-message", problems: hello.problems });
      return;
    }
    const verdict = receiveHello(this.#handshake, hello.value);
    this.#handshake = verdict.state;
    if (verdict.answer) this.#sendHello();
    if (verdict.event === "peer-restarted") {
      this.#end(
        new RpcError(errorCodes.closed, `the ${hello.value.role} started anew: its hello is of another session`),
      );
    } else if (verdict.event === "established") {
      this.#onEstablished(hello.value);
    }
  }

  #onEstablished(peer: Hello): void {
    this.#handshakeOver.abort();
    const agreed = agree(this.#options, peer);
    if (typeof agreed === "number") {
      this.#isOpen = true;
      this.#established.resolve({ peer, protocolVersion: agreed });
      return;
    }
    const end = (): void => this.#end(agreed);
    // After our hello is out: from it the peer learns the same.
    void this.#outbox.send(0, () => undefined).then(end, end);
  }

  #receiveNotification({ method, params }: Notification): void {
    if (method === cancelMethod) {
      this.#serving.cancel(params);
      return;
    }
    const { hears, onNotification, onProblem } = this.#options;
    const schema = Object.hasOwn(hears, method) ? hears[method] : undefined;
    if (schema === undefined) {
      onProblem({ kind: "unknown-notification", name: method });
      return;
    }
    const valid = validate(schema, params);
    if (!valid.ok) {
      onProblem({ kind: "invalid-notification", name: method, problems: valid.problems });
      return;
    }
    try {
      onNotification(method, valid.value);
    } catch (cause) {
      onProblem({ kind: "handler-failed", name: method, cause });
    }
  }

  /** Until the session exists: bytes may be lost while the peer opens its end. */
  async #repeatHello(): Promise<void> {
    const over = this.#handshakeOver.signal;
    if (this.#options.speaksFirst) this.#sendHello();
    for (;;) {
      await aborted(this.#options.clock.deadline(limits.helloIntervalMs, over));
      if (over.aborted) return;
      this.#sendHello();
    }
  }

  /** At most one hello waits for the carrier, and it tells the state of the moment at which it leaves. */
  #sendHello(): void {
    if (this.#isHelloQueued) return;
    this.#isHelloQueued = true;
    void this.#outbox.send(0, () => {
      this.#isHelloQueued = false;
      return encodeEnvelope({ kind: "notification", method: helloMethod, params: this.#renderHello() });
    });
  }

  #renderHello(): Hello {
    const { nonce, peer, established } = this.#handshake;
    return {
      ...this.#options.hello,
      nonce,
      ...(peer === undefined ? {} : { echo: peer.nonce }),
      ...(established ? { established } : {}),
    };
  }

  #gaveUp(signal: AbortSignal): RpcError {
    const { peerRole } = this.#options;
    const heard = this.#handshake.peer === undefined ? `no ${peerRole} said hello` : `the ${peerRole} did not hear us`;
    const cause: unknown = signal.reason;
    return new RpcError(errorCodes.cancelled, `no session: ${heard}: ${errorText(cause)}`, { cause });
  }

  #end(reason: RpcError): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    this.#isOpen = false;
    this.#handshakeOver.abort();
    this.#outbox.close(reason);
    this.#calls.end(reason);
    this.#serving.end(reason);
    this.#established.reject(reason);
    void this.#closeChannel(reason);
  }

  /** `closed` comes after the channel's end: a serial port cannot be opened again before. */
  async #closeChannel(reason: RpcError): Promise<void> {
    try {
      await this.#options.channel.close();
    } catch (cause) {
      this.#options.onProblem({ kind: "close-failed", cause });
    }
    this.#closed.resolve(reason);
  }
}

/** The version that both speak, or why these two cannot talk though they hear each other. */
function agree({ hello: own, peerRole }: SessionOptions, peer: Hello): number | RpcError {
  if (peer.role !== peerRole) {
    return new RpcError(errorCodes.handshake, `expected a ${peerRole} on this channel, a ${peer.role} answered`);
  }
  const version = negotiate(own.protocol, peer.protocol);
  if (version !== undefined) return version;
  const range = ({ min, max }: Hello["protocol"]): string => (min === max ? `${min}` : `${min} to ${max}`);
  const message =
    `no common protocol version: this ${own.role} (version ${own.version}) speaks ${range(own.protocol)}, ` +
    `the ${peer.role} (version ${peer.version}) speaks ${range(peer.protocol)}`;
  return new RpcError(errorCodes.noCommonVersion, message, { data: { own: own.protocol, peer: peer.protocol } });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
