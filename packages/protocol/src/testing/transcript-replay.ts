import { type Envelope, parseEnvelope } from "../envelope.ts";
import { errorCodes, errorText, RpcError } from "../errors.ts";
import { createFrameDecoder } from "../framing.ts";
import { Hello } from "../messages.ts";
import { validate } from "../problems.ts";
import { latin1Bytes, turn } from "./raw-peer.ts";
import { ScriptedEnd, type ScriptedHandlers } from "./scripted-end.ts";
import type { EndName, Transcript, TranscriptLine } from "./transcript.ts";

/**
 * Plays one end of a recording with today's code against the recorded other. Throws at the first line that differs,
 * with its number in the file.
 */
export async function replayTranscript(transcript: Transcript, played: EndName): Promise<void> {
  const replay = new Replay(transcript, played);
  for (const [index, line] of transcript.lines.entries()) {
    try {
      await replay.step(line);
    } catch (cause) {
      throw new Error(`line ${index + 2}: ${errorText(cause)}`, { cause });
    }
  }
  await replay.finish();
}

/** A handler that waits until the recording comes to its answer. */
type Waiting = PromiseWithResolvers<unknown>;

class Replay {
  readonly #transcript: Transcript;
  readonly #played: EndName;
  readonly #end: ScriptedEnd;
  /** Handlers that were started and not yet matched with their request. */
  readonly #started: Waiting[] = [];
  readonly #waiting = new Map<number, Waiting>();
  readonly #calls = new Map<number, { controller: AbortController; outcome: Promise<object> }>();
  #lastCallId = 0;

  constructor(transcript: Transcript, played: EndName) {
    this.#transcript = transcript;
    this.#played = played;
    this.#end = new ScriptedEnd(played);
  }

  async step(line: TranscriptLine): Promise<void> {
    if ("open" in line) {
      if (line.open === this.#played) await this.#open();
    } else if ("from" in line) {
      await (line.from === this.#played ? this.#speak(line.latin1) : this.#hear(line.latin1));
    } else if ("to" in line) {
      if (line.to === this.#played) await this.#end.deliver(line.latin1);
    } else if ("clock" in line) {
      if (line.clock === this.#played) await this.#end.advance(line.advanceMs);
    } else if (line.end === this.#played) {
      const { code } = await this.#end.endReason();
      mustEqual(code, line.code);
    }
  }

  async finish(): Promise<void> {
    mustEqual(this.#end.written, []);
  }

  async #open(): Promise<void> {
    const own = this.#envelopes((line) => line.from === this.#played);
    const first = own.find((envelope) => envelope.kind === "notification");
    const said = validate(Hello, first?.params);
    if (!said.ok) throw new Error(`the recording has no hello of ${this.#played}: ${said.problems.join("; ")}`);
    // As recorded, not as validated: the order of the fields is part of the bytes.
    const { nonce, ...hello } = first?.params as Hello;
    delete hello.echo;
    delete hello.established;
    await this.#end.open({ hello, nonce, handlers: this.#handlers(own) });
  }

  /** One for each method that the other end asks for, but for those that were answered as unknown. */
  #handlers(own: Envelope[]): ScriptedHandlers {
    const unknown = own.flatMap((answer) =>
      answer.kind === "error" && answer.error.code === errorCodes.methodNotFound ? [answer.id] : [],
    );
    const asked = this.#envelopes((line) => line.from !== this.#played).filter(({ kind }) => kind === "request");
    const known = asked.flatMap((request) =>
      request.kind === "request" && !unknown.includes(request.id) ? [request.method] : [],
    );
    const handler = (): Promise<unknown> => {
      const waiting = Promise.withResolvers<unknown>();
      this.#started.push(waiting);
      return waiting.promise;
    };
    return Object.fromEntries(known.map((method) => [method, handler]));
  }

  /** Makes the end say what it said then. */
  async #speak(latin1: string): Promise<void> {
    for (const envelope of decode(latin1)) await this.#cause(envelope);
    await turn();
    const said = this.#end.written.shift() ?? "";
    mustEqual(withoutErrorText(said), withoutErrorText(latin1));
  }

  async #cause(envelope: Envelope): Promise<void> {
    if (envelope.kind === "request") {
      await this.#call(envelope.id, envelope.method, envelope.params);
    } else if (envelope.kind === "notification") {
      if (envelope.method === "$/cancel") this.#calls.get(this.#lastCallId)?.controller.abort();
      else if (envelope.method !== "hello") await (await this.#end.connected).notify(envelope.method, envelope.params);
    } else if (envelope.kind === "result") {
      this.#waiting.get(envelope.id)?.resolve(envelope.result);
    } else {
      const { code, message, data } = envelope.error;
      this.#waiting.get(envelope.id)?.reject(new RpcError(code, message, { data }));
    }
  }

  async #call(id: number, method: string, params: unknown): Promise<void> {
    const controller = new AbortController();
    const call = (await this.#end.connected).call(method, params, controller.signal);
    const outcome = call.then(
      (result) => ({ result }),
      (error: unknown) => ({ code: error instanceof RpcError ? error.code : error }),
    );
    this.#calls.set(id, { controller, outcome });
    this.#lastCallId = id;
  }

  /** Gives the end what the other said then, and checks that a call got its answer. */
  async #hear(latin1: string): Promise<void> {
    await this.#end.deliver(latin1);
    for (const envelope of decode(latin1)) {
      const started = envelope.kind === "request" ? this.#started.shift() : undefined;
      if (envelope.kind === "request" && started !== undefined) this.#waiting.set(envelope.id, started);
      if (envelope.kind === "result" || envelope.kind === "error") await this.#checkOutcome(envelope);
    }
  }

  async #checkOutcome(answer: Extract<Envelope, { kind: "result" | "error" }>): Promise<void> {
    const call = this.#calls.get(answer.id);
    const recorded = answer.kind === "result" ? { result: answer.result } : { code: answer.error.code };
    const isCancelled = call?.controller.signal.aborted === true;
    mustEqual(await call?.outcome, isCancelled ? { code: errorCodes.cancelled } : recorded);
  }

  #envelopes(isWanted: (line: { from: EndName }) => boolean): Envelope[] {
    return this.#transcript.lines.flatMap((line) => ("from" in line && isWanted(line) ? decode(line.latin1) : []));
  }
}

function decode(latin1: string): Envelope[] {
  return createFrameDecoder()
    .push(latin1Bytes(latin1))
    .flatMap((decoded) => ("message" in decoded ? (parseEnvelope(decoded.message) ?? []) : []));
}

/** Bytes are compared as bytes; of an error only what a program acts on, since its text is for people. */
function withoutErrorText(latin1: string): unknown {
  const [envelope] = decode(latin1);
  return envelope?.kind === "error" ? { id: envelope.id, code: envelope.error.code } : latin1;
}

function mustEqual(actual: unknown, expected: unknown): void {
  const [said, recorded] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (said !== recorded) throw new Error(`recorded ${recorded}, now ${said}`);
}
