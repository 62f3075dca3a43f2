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
import type { NameClient, NameProtocol, System } from "./system.ts";

/**
 * Of the guest's own loopback interface, the same in every machine: containers reach it over whichever network they have, and
 * Docker gives them no server in 127.0.0.0/8.
 */
export const NAME_SERVER = "169.254.53.53";
/** What Docker Desktop calls the host; AAAA of them is empty. */
const HOST_NAMES = ["host.docker.internal", "gateway.docker.internal"];

/** With the wait for others' questions. */
const HOST_LIMIT_MS = 4_000;
/** What clients wait for their first server: resolv.conf(5). */
const UPSTREAM_LIMIT_MS = 5_000;
/** The host does not say how long its answer holds; hosts files and VPNs change at any time. */
const TTL_S = 5;
const MOST_KEPT = 256;
/** Of the 64 that may be unanswered in a session: a flood of names must not keep ports from being published. */
const MOST_HOST_QUESTIONS = 16;
const MOST_QUESTIONS = 512;
/** One container is not to take the answers of all others. */
const MOST_QUESTIONS_OF_CLIENT = 64;
/** Much more than a question with all its options. */
const LONGEST_QUERY = 1024;
/** In bytes, as every client takes them: RFC 1035, 2.3.4. */
const LONGEST_RESPONSE: Record<NameProtocol, number> = { udp: 512, tcp: 65_535 };
const REPORT_INTERVAL_MS = 60_000;
const SERVER_FAILURE = 2;

export interface NameServiceOptions {
  system: System;
  /** What the host makes of a name; undefined while there is none. */
  askHost: (name: string, signal: AbortSignal) => Promise<readonly string[] | undefined>;
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
  #reportedAtMs = -Infinity;
  /** By client; each is there only while it has some. */
  readonly #questions = new Map<string, number>();
  #allQuestions = 0;
  #hostQuestions = 0;
  /** Who waits for one of them to be answered, first come first. */
  readonly #waiting: (() => void)[] = [];
  readonly #kept = new Map<string, { answer: Promise<readonly string[] | undefined>; untilMs: number }>();

  constructor(options: NameServiceOptions) {
    this.#options = options;
  }

  /** Answers from then on; the loopback interface must have the address. Idempotent. Fails with EADDRINUSE. */
  async serve(network: HostNetwork): Promise<void> {
    this.#network = network;
    if (this.#isServing) return;
    await this.#options.system.network.serveNames(NAME_SERVER, (query, from) => this.answer(query, from));
    this.#isServing = true;
  }

  /** Undefined for what is no question, and for more of them than there should ever be. */
  async answer(query: Uint8Array, { protocol, client }: NameClient): Promise<Uint8Array | undefined> {
    const asked = parseQuery(query);
    const ofClient = this.#questions.get(client) ?? 0;
    if (asked === undefined || this.#allQuestions >= MOST_QUESTIONS || ofClient >= MOST_QUESTIONS_OF_CLIENT) {
      return undefined;
    }
    this.#count(client, 1);
    try {
      const addresses = await this.#findAddresses(asked.question);
      return addresses === undefined
        ? await this.#forward(query, protocol)
        : renderAnswer(asked, addresses, LONGEST_RESPONSE[protocol]);
    } catch (error) {
      this.#reportFailure(messageOf(error));
      return renderResponse(asked, SERVER_FAILURE, []);
    } finally {
      this.#count(client, -1);
    }
  }

  #count(client: string, change: number): void {
    this.#allQuestions += change;
    const count = (this.#questions.get(client) ?? 0) + change;
    if (count === 0) this.#questions.delete(client);
    else this.#questions.set(client, count);
  }

  /** Without a network every name fails: one of them is news, once in a while. */
  #reportFailure(reason: string): void {
    const nowMs = this.#options.system.clock.uptimeMs();
    if (nowMs - this.#reportedAtMs < REPORT_INTERVAL_MS) return;
    this.#reportedAtMs = nowMs;
    this.#options.report("names.not-resolved", { reason });
  }

  /** Of both families; undefined where the host has nothing to say. Fails where it could not say it. */
  async #findAddresses({ name, type }: Question): Promise<readonly string[] | undefined> {
    if (type !== "A" && type !== "AAAA") return undefined;
    const lower = name.toLowerCase();
    const { hostAddress } = this.#network ?? {};
    if (HOST_NAMES.includes(lower) && hostAddress !== undefined) return [hostAddress];
    // Each system's own loopback.
    if (/(^|\.)localhost$/.test(lower)) return undefined;
    const addresses = await this.#askHost(lower);
    return addresses?.length === 0 ? undefined : addresses;
  }

  async #askHost(name: string): Promise<readonly string[] | undefined> {
    const nowMs = this.#options.system.clock.uptimeMs();
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.untilMs > nowMs) return kept.answer;
    const answer = this.#askInTurn(name);
    this.#kept.delete(name);
    this.#kept.set(name, { answer, untilMs: nowMs + TTL_S * 1000 });
    // The oldest first: a map keeps the order.
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(old);
    }
    try {
      return await answer;
    } catch (error) {
      // Next time it may be able to.
      if (this.#kept.get(name)?.answer === answer) this.#kept.delete(name);
      throw error;
    }
  }

  async #askInTurn(name: string): Promise<readonly string[] | undefined> {
    const { system, askHost } = this.#options;
    const limit = system.clock.deadline(HOST_LIMIT_MS, new AbortController().signal);
    if (this.#hostQuestions < MOST_HOST_QUESTIONS) this.#hostQuestions += 1;
    else {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#waiting.push(() => resolve(undefined));
      await promise;
    }
    try {
      limit.throwIfAborted();
      return await askHost(name, limit);
    } finally {
      // Who waits takes this one's place.
      const next = this.#waiting.shift();
      if (next === undefined) this.#hostQuestions -= 1;
      else next();
    }
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
  // One question, as all clients ask it: to read many takes long.
  if (query.length > LONGEST_QUERY || query[4] !== 0 || query[5] !== 1) return undefined;
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
