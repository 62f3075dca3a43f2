import {
  type Answer,
  decode,
  type DecodedPacket,
  encode,
  type Question,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from "dns-packet";
import type { HostNetwork } from "./network.ts";
import { isIPv4 } from "./ip-address.ts";
import { messageOf } from "./problem.ts";
import type { NameProtocol, System } from "./system.ts";

/**
 * Of the guest's own loopback interface, the same in every machine: containers reach it over whichever network they have, and
 * Docker gives them no server in 127.0.0.0/8.
 */
export const NAME_SERVER = "169.254.53.53";
/** What Docker Desktop calls the host; AAAA of them is empty. */
const HOST_NAMES = ["host.docker.internal", "gateway.docker.internal"];

const HOST_LIMIT_MS = 3_000;
/** What clients wait for their first server: resolv.conf(5). */
const UPSTREAM_LIMIT_MS = 5_000;
/** The host does not say how long its answer holds; hosts files and VPNs change at any time. */
const TTL_S = 5;
const MOST_KEPT = 256;
/** Of the 64 that may be unanswered in a session: a flood of names must not keep ports from being published. */
const MOST_HOST_QUESTIONS = 16;
const MOST_QUESTIONS = 256;
/** In bytes, as every client takes them: RFC 1035, 2.3.4. */
const LONGEST_RESPONSE: Record<NameProtocol, number> = { udp: 512, tcp: 65_535 };
const SERVER_FAILURE = 2;

export interface NameServiceOptions {
  system: System;
  /** What the host makes of a name; fails while there is none. */
  askHost: (name: string, signal: AbortSignal) => Promise<readonly string[]>;
  report: (name: string, fields: { reason: string }) => void;
}

/**
 * The guest's name server, for itself and for containers. Addresses are the host's to know: its hosts file, its VPN, its
 * multicast names. What it does not know, and all other kinds of records, is asked of the network's own server.
 */
export class NameService {
  readonly #options: NameServiceOptions;
  #network: HostNetwork | undefined;
  #isServing = false;
  #isFailing = false;
  #questions = 0;
  #hostQuestions = 0;
  readonly #kept = new Map<string, { answer: Promise<readonly string[]>; untilMs: number }>();

  constructor(options: NameServiceOptions) {
    this.#options = options;
  }

  /** Answers from then on; the loopback interface must have the address. Idempotent. Fails with EADDRINUSE. */
  async serve(network: HostNetwork): Promise<void> {
    this.#network = network;
    if (this.#isServing) return;
    await this.#options.system.network.serveNames(NAME_SERVER, (query, protocol) => this.answer(query, protocol));
    this.#isServing = true;
  }

  /** Undefined for what is no question, and for more of them than this machine should ever have. */
  async answer(query: Uint8Array, protocol: NameProtocol): Promise<Uint8Array | undefined> {
    const asked = parseQuery(query);
    if (asked === undefined || this.#questions >= MOST_QUESTIONS) return undefined;
    this.#questions += 1;
    try {
      const addresses = await this.#findAddresses(asked.question);
      if (addresses !== undefined) return renderAnswer(asked, addresses, LONGEST_RESPONSE[protocol]);
      const answer = await this.#forward(query, protocol);
      this.#isFailing = false;
      return answer;
    } catch (error) {
      // Without a network every name fails: only the first is news.
      if (!this.#isFailing) this.#options.report("names.not-resolved", { reason: messageOf(error) });
      this.#isFailing = true;
      return renderResponse(asked, SERVER_FAILURE, []);
    } finally {
      this.#questions -= 1;
    }
  }

  /** Of both families; undefined where the host has nothing to say. */
  async #findAddresses({ name, type }: Question): Promise<readonly string[] | undefined> {
    if (type !== "A" && type !== "AAAA") return undefined;
    const lower = name.toLowerCase();
    const { hostAddress } = this.#network ?? {};
    if (HOST_NAMES.includes(lower) && hostAddress !== undefined) return [hostAddress];
    // Each system's own loopback.
    if (/(^|\.)localhost$/.test(lower)) return undefined;
    const addresses = await this.#askHost(lower).catch(() => []);
    return addresses.length === 0 ? undefined : addresses;
  }

  async #askHost(name: string): Promise<readonly string[]> {
    const { system, askHost } = this.#options;
    const nowMs = system.clock.uptimeMs();
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.untilMs > nowMs) return kept.answer;
    if (this.#hostQuestions >= MOST_HOST_QUESTIONS) return [];
    this.#hostQuestions += 1;
    const answer = askHost(name, system.clock.deadline(HOST_LIMIT_MS, new AbortController().signal)).finally(() => {
      this.#hostQuestions -= 1;
    });
    this.#kept.delete(name);
    this.#kept.set(name, { answer, untilMs: nowMs + TTL_S * 1000 });
    // The oldest first: a map keeps the order.
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(old);
    }
    return answer;
  }

  async #forward(query: Uint8Array, protocol: NameProtocol): Promise<Uint8Array> {
    const { network, clock } = this.#options.system;
    let failure: unknown = new Error("this network has no name server");
    for (const server of this.#network?.dns ?? []) {
      try {
        const limit = clock.deadline(UPSTREAM_LIMIT_MS, new AbortController().signal);
        return await network.askNameServer(server, query, protocol, limit);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}

interface Asked {
  packet: DecodedPacket;
  question: Question;
}

function parseQuery(query: Uint8Array): Asked | undefined {
  try {
    const packet = decode(Buffer.from(query));
    const [question] = packet.questions ?? [];
    if (packet.type !== "query" || question === undefined) return undefined;
    // A name that is no text could not be given back as it was.
    return question.name.includes("\ufffd") ? undefined : { packet, question };
  } catch {
    return undefined;
  }
}

/** As many as fit; where not one does, the client is to ask over TCP. */
function renderAnswer(asked: Asked, addresses: readonly string[], longest: number): Uint8Array {
  const { name, type } = asked.question;
  const kind = type === "A" ? "A" : "AAAA";
  const answers = addresses
    .filter((address) => isIPv4(address) === (kind === "A"))
    .map((data): Answer => ({ type: kind, name, ttl: TTL_S, data }));
  for (let count = answers.length; ; count -= 1) {
    const flags = count === 0 && answers.length > 0 ? TRUNCATED_RESPONSE : 0;
    const response = renderResponse(asked, flags, answers.slice(0, count));
    if (response.length <= longest || count === 0) return response;
  }
}

function renderResponse({ packet, question }: Asked, flags: number, answers: Answer[]): Uint8Array {
  const { id } = packet;
  return encode({
    type: "response",
    ...(id !== undefined && { id }),
    flags: ((packet.flags ?? 0) & RECURSION_DESIRED) | RECURSION_AVAILABLE | flags,
    questions: [question],
    answers,
  });
}
