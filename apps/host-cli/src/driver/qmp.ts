import * as z from "zod/mini";
import type { Channel } from "@boot2docker/protocol";
import type { Clock } from "../host.ts";

/** QMP, one JSON message per line: docs/interop/qmp-spec.txt of QEMU. */
export interface Qmp {
  /** Throws QmpError when QEMU refuses, an Error when the session is over. */
  execute(command: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown>;
  /** Calls `listener` with the name of each event from now on, such as `RESUME`. */
  onEvent(listener: (name: string) => void): void;
  /** Resolves when the session is over, for whatever reason. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

export class QmpError extends Error {
  override readonly name = "QmpError";
}

const greetingLimitMs = 10_000;
const answerLimitMs = 30_000;
const maxLineBytes = 1 << 20;

const Greeting = z.object({ QMP: z.unknown() });
const Event = z.object({ event: z.string() });
const Answer = z.union([
  z.object({ id: z.int(), return: z.unknown() }),
  z.object({ id: z.int(), error: z.object({ desc: z.string() }) }),
]);

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Owns the channel. A monitor that has a client already accepts a second one and stays silent: that is the limit. */
export async function connectQmp(channel: Channel, clock: Clock, signal: AbortSignal): Promise<Qmp> {
  const greeted = Promise.withResolvers<undefined>();
  const waiting = new Map<number, Waiting>();
  const listeners: ((name: string) => void)[] = [];
  let lastId = 0;

  const take = (line: string): void => {
    const message: unknown = JSON.parse(line);
    if (Greeting.safeParse(message).success) {
      greeted.resolve(undefined);
      return;
    }
    const event = Event.safeParse(message);
    if (event.success) for (const listener of listeners) listener(event.data.event);
    const answer = Answer.safeParse(message);
    if (!answer.success) return;
    const call = waiting.get(answer.data.id);
    waiting.delete(answer.data.id);
    if ("error" in answer.data) call?.reject(new QmpError(answer.data.error.desc));
    else call?.resolve(answer.data.return);
  };
  const fail = (error: Error): void => {
    greeted.reject(error);
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  };
  const closed = readLines(channel, take).then(
    () => fail(new Error("QEMU closed its monitor")),
    (error: unknown) => fail(new Error("the connection to QEMU's monitor broke", { cause: error })),
  );

  const execute: Qmp["execute"] = async (command, args, callSignal) => {
    const id = ++lastId;
    const answer = Promise.withResolvers<unknown>();
    answer.promise.catch(() => undefined); // The session may end while the command is still being written.
    waiting.set(id, answer);
    const limit = clock.deadline(answerLimitMs, callSignal);
    try {
      const line = `${JSON.stringify({ execute: command, arguments: args, id })}\n`;
      await channel.write(new TextEncoder().encode(line));
      return await orAborted(answer.promise, limit);
    } finally {
      waiting.delete(id);
    }
  };
  try {
    await orAborted(greeted.promise, clock.deadline(greetingLimitMs, signal));
    await execute("qmp_capabilities", {}, signal);
  } catch (error) {
    await channel.close();
    throw error;
  }
  const onEvent = (listener: (name: string) => void): void => void listeners.push(listener);
  return { execute, onEvent, closed, close: () => channel.close() };
}

async function readLines(channel: Channel, take: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of channel.incoming) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > maxLineBytes) throw new Error("a line of QEMU's monitor is too long");
    for (const line of lines) if (line.trim() !== "") take(line);
  }
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
