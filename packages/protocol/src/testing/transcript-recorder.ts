import type { LocalHello } from "../rpc.ts";
import { turn } from "./raw-peer.ts";
import { type ScriptedConnection, ScriptedEnd, type ScriptedHandlers } from "./scripted-end.ts";
import type { EndName, Transcript, TranscriptHeader, TranscriptLine } from "./transcript.ts";

/** Runs both ends on a carrier that moves one write at a time, and takes down what moves. */
export class TranscriptRecorder {
  readonly #header: TranscriptHeader;
  readonly #lines: TranscriptLine[] = [];
  readonly #ends: Map<EndName, ScriptedEnd>;

  constructor(header: TranscriptHeader) {
    this.#header = header;
    this.#ends = new Map(header.ends.map((name) => [name, new ScriptedEnd(name)]));
  }

  async open(name: EndName, hello: LocalHello, handlers: ScriptedHandlers = {}): Promise<void> {
    this.#lines.push({ open: name });
    await this.#end(name).open({ hello, nonce: `nonce-of-${name}`, handlers });
    await this.settle();
  }

  connection(name: EndName): Promise<ScriptedConnection> {
    return this.#end(name).connected;
  }

  /** Bytes that neither end wrote. */
  async leave(to: EndName, latin1: string): Promise<void> {
    this.#lines.push({ to, latin1 });
    await this.#end(to).deliver(latin1);
    await this.settle();
  }

  async advance(name: EndName, advanceMs: number): Promise<void> {
    this.#lines.push({ clock: name, advanceMs });
    await this.#end(name).advance(advanceMs);
    await this.settle();
  }

  /** Takes down how a session ended by itself. */
  async end(name: EndName): Promise<void> {
    const { code, message } = await this.#end(name).endReason();
    this.#lines.push({ end: name, code, message });
  }

  /** Moves all that is under way. A scenario acts only when nothing is, so that a replay sees the same order. */
  async settle(): Promise<void> {
    await turn();
    const [first, second] = this.#header.ends;
    while ((await this.#move(first, second)) || (await this.#move(second, first)));
  }

  get transcript(): Transcript {
    return { header: this.#header, lines: this.#lines };
  }

  async #move(from: EndName, to: EndName): Promise<boolean> {
    const latin1 = this.#end(from).written.shift();
    if (latin1 === undefined) return false;
    this.#lines.push({ from, latin1 });
    await this.#end(to).deliver(latin1);
    return true;
  }

  #end(name: EndName): ScriptedEnd {
    const end = this.#ends.get(name);
    if (end === undefined) throw new Error(`${name} is no end of this transcript`);
    return end;
  }
}
