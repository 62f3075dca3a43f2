/**
 * How two sides agree that they talk to each other, and not to what an earlier process left in the carrier.
 *
 * Each side has a fresh nonce and repeats its hello until it sees one that echoes it: then the session exists. A hello
 * also says whether its sender got that far (`established`), so that each side knows when the other needs no more
 * hellos; without it two sides that answer every hello would do so for ever.
 */
import type { Hello } from "./messages.ts";

export interface Handshake {
  readonly nonce: string;
  /** The peer's last hello. */
  readonly peer?: Hello;
  /** The peer echoed our nonce. */
  readonly established: boolean;
}

export interface Verdict {
  state: Handshake;
  /** Send our hello, as the new state has it. */
  answer: boolean;
  /** `peer-restarted`: the session is over, the sender of this hello is another one. */
  event?: "established" | "peer-restarted";
}

export function receiveHello(state: Handshake, hello: Hello): Verdict {
  // A carrier that echoes, such as a terminal, shows us our own hello.
  if (hello.nonce === state.nonce) return { state, answer: false };

  if (state.established && hello.nonce !== state.peer?.nonce) return { state, answer: false, event: "peer-restarted" };

  const isOurs = hello.echo === state.nonce;
  // The sender has all it needs. Any other hello is answered: it starts a session, or its sender missed our last one,
  // or it believes in a session with an earlier process of ours and has to learn better.
  const answer = !(isOurs && hello.established === true);
  // A late repeat of the peer's first hello must not take the session back.
  if (state.established) return { state, answer };

  const next = { nonce: state.nonce, peer: hello, established: isOurs };
  return isOurs ? { state: next, answer, event: "established" } : { state: next, answer };
}

/** The highest version that both speak, or nothing. */
export function negotiate(own: Hello["protocol"], peer: Hello["protocol"]): number | undefined {
  const version = Math.min(own.max, peer.max);
  return version >= Math.max(own.min, peer.min) ? version : undefined;
}
