import type { Client } from "ssh2";
import { exitCodes, UserError } from "../errors.ts";
import { sshUser } from "./openssh.ts";

export interface SshAddress {
  /** For messages. */
  machine: string;
  /** On 127.0.0.1. */
  port: number;
  /** OpenSSH's format. */
  privateKey: string;
  /** Public keys in the form of authorized_keys, told by the guest through its channel: no other server is let through. */
  hostKeys: readonly string[];
}

/** A machine that was killed is noticed after a minute. */
const keepAlive = { keepaliveInterval: 15_000, keepaliveCountMax: 4 };

export interface SshConnection {
  client: Client;
  /** Resolves when it has ended, in whatever way. */
  closed: Promise<undefined>;
}

/** Who gets the client ends it. Throws UserError `ssh-…`, exit code 255 as of ssh(1). */
export async function connectSsh(address: SshAddress, signal: AbortSignal): Promise<SshConnection> {
  const { default: ssh2 } = await import("ssh2"); // Only here: loading it takes a while.
  const client = new ssh2.Client();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const closed = new Promise<undefined>((resolveClosed) => {
    client.once("close", () => resolveClosed(undefined));
  });
  let isStranger = false;
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  client.once("ready", () => resolve(undefined));
  client.on("error", (error) => reject(isStranger ? strangerError(address) : connectionError(address, error)));
  client.once("close", () => reject(connectionError(address, new Error("the connection was closed"))));
  try {
    signal.throwIfAborted();
    client.connect({
      host: "127.0.0.1",
      port: address.port,
      username: sshUser,
      privateKey: address.privateKey,
      hostVerifier: (key: Buffer) => {
        isStranger = !isPinned(key, address.hostKeys);
        return !isStranger;
      },
      authHandler: ["publickey"], // ssh2 would first try without.
      readyTimeout: 0, // The limit is the signal's.
      ...keepAlive,
    });
    client.setNoDelay(); // As ssh(1): each small message would wait 40 ms for the answer to the one before.
    await promise;
    return { client, closed };
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** `key` is in the form that goes over the wire, which authorized_keys has in base64 as its second word. */
function isPinned(key: Buffer, lines: readonly string[]): boolean {
  const offered = key.toString("base64");
  return lines.some((line) => line.split(" ")[1] === offered);
}

export function connectionError({ machine, port }: SshAddress, cause: Error): UserError {
  return new UserError(`no ssh connection to ${machine} on 127.0.0.1:${port}: ${cause.message}`, {
    code: "ssh-connection",
    hint: `See: boot2docker status ${machine}, boot2docker logs ${machine} sshd`,
    exitCode: exitCodes.connection,
    cause,
  });
}

function strangerError({ machine, port }: SshAddress): UserError {
  return new UserError(`what answers on 127.0.0.1:${port} is not ${machine}: it has another host key`, {
    code: "ssh-host-key",
    hint: `Find the program that has this port. Nothing was sent to it.`,
    exitCode: exitCodes.connection,
  });
}
