import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { makeKeyPair } from "../machine/ssh-key.ts";
import { endAll, onceDone, serve, userKey } from "../testing/ssh-server.ts";
import { connectSsh, type SshAddress } from "./connect.ts";
import { runSession, type SessionRequest } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const never = new AbortController().signal;

afterEach(endAll);

class FakeTerminal implements Terminal {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly type = "xterm";
  readonly raw: boolean[] = [];
  readonly isInteractive: boolean;
  columns = 80;
  readonly #listeners = new Set<() => void>();

  constructor(isInteractive: boolean) {
    this.isInteractive = isInteractive;
  }
  size() {
    return { rows: 24, columns: this.columns };
  }
  onResize(listener: () => void) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  setRaw(isRaw: boolean): void {
    this.raw.push(isRaw);
  }
  resize(columns: number): void {
    this.columns = columns;
    for (const listener of this.#listeners) listener();
  }
  get listening(): number {
    return this.#listeners.size;
  }
}

async function runThere(address: SshAddress, request: SessionRequest, terminal: Terminal, signal = never) {
  const { client } = await connectSsh(address, signal);
  try {
    return await runSession(client, request, terminal, signal);
  } finally {
    client.end();
  }
}

test("a command's exit code, stdout and stderr come back", async () => {
  const { address, said } = await serve((channel) => {
    channel.write("out");
    channel.stderr.write("err");
    channel.exit(42);
    channel.end();
  });
  const terminal = new FakeTerminal(true);
  expect(await runThere(address, { command: "exit 42", hasTerminal: false, hasInput: true }, terminal)).toBe(42);
  expect(String(terminal.stdout.read())).toBe("out");
  expect(String(terminal.stderr.read())).toBe("err");
  expect(said).toEqual(["exec exit 42"]);
  expect(terminal.raw).toEqual([]);
});

test("stdin goes to the command byte for byte, and its end with it", async () => {
  const sent = Buffer.alloc(3_000_000, "0123456789abcdef\r\n\0");
  const { address } = await serve((channel) => {
    const received: Buffer[] = [];
    channel.on("data", (chunk: Buffer) => void received.push(chunk));
    channel.on("end", () => {
      channel.exit(Buffer.concat(received).equals(sent) ? 0 : 1);
      channel.end();
    });
  });
  const terminal = new FakeTerminal(false);
  terminal.stdin.end(sent);
  expect(await runThere(address, { command: "cat", hasTerminal: false, hasInput: true }, terminal)).toBe(0);
});

test("a command ended by a signal is 128 and its number", async () => {
  const { address } = await serve((channel) => {
    channel.exit("KILL");
    channel.end();
  });
  expect(await runThere(address, { command: "x", hasTerminal: false, hasInput: true }, new FakeTerminal(false))).toBe(
    137,
  );
});

test("a shell has this terminal's type and size, follows its changes, and gives it back as it was", async () => {
  const { address, said } = await serve((channel, seen) => {
    channel.on("data", (key: Buffer) => {
      seen.push(`key ${JSON.stringify(key.toString())}`);
      channel.exit(7);
      channel.end();
    });
    channel.write("$ ");
  });
  const terminal = new FakeTerminal(true);
  const running = runThere(address, { command: undefined, hasTerminal: true, hasInput: true }, terminal);
  await once(terminal.stdout, "readable");
  expect(terminal.raw).toEqual([true]);
  terminal.resize(120);
  terminal.stdin.write("\x03");
  expect(await running).toBe(7);
  expect(said).toEqual(["pty xterm 80x24", "shell", "window 120x24", 'key "\\u0003"']);
  expect(terminal.raw).toEqual([true, false]);
  expect(terminal.listening).toBe(0);
});

test("~. at the beginning of a line leaves a shell that says nothing more", async () => {
  const typed: string[] = [];
  const { address, gone } = await serve((channel) => {
    channel.on("data", (keys: Buffer) => void typed.push(String(keys)));
    channel.write("$ ");
  });
  const terminal = new FakeTerminal(true);
  const running = runThere(address, { command: undefined, hasTerminal: true, hasInput: true }, terminal);
  await once(terminal.stdout, "readable");
  for (const keys of ["~", "~", "a~.\r", "~b\n", "~", "."]) terminal.stdin.write(keys);
  expect(await running).toBe(255);
  await gone;
  expect(typed.join("")).toBe("~a~.\r~b\n");
  expect(terminal.raw).toEqual([true, false]);
});

test("an abort interrupts the command and ends with its reason", async () => {
  const { address, said, gone } = await serve((channel) => void channel.write("started"));
  const terminal = new FakeTerminal(false);
  const interruption = new AbortController();
  const running = runThere(
    address,
    { command: "sleep", hasTerminal: false, hasInput: true },
    terminal,
    interruption.signal,
  );
  await once(terminal.stdout, "readable");
  interruption.abort(new Error("SIGINT"));
  await expect(running).rejects.toThrow("SIGINT");
  await gone;
  expect(said).toEqual(["exec sleep", "signal INT"]);
});

test("an abort ends a command that still talks to a closed output", async () => {
  const { address } = await serve((channel) => void channel.write(Buffer.alloc(5_000_000)));
  const terminal = new FakeTerminal(false);
  const interruption = new AbortController();
  const running = runThere(
    address,
    { command: "yes", hasTerminal: false, hasInput: true },
    terminal,
    interruption.signal,
  );
  await once(terminal.stdout, "readable");
  terminal.stdout.destroy();
  interruption.abort(new Error("nobody reads"));
  await expect(running).rejects.toThrow("nobody reads");
});

test("a connection that ends before the command has no exit code", async () => {
  const { address } = await serve(() => {
    endAll();
  });
  expect(
    await runThere(address, { command: "x", hasTerminal: false, hasInput: true }, new FakeTerminal(false)),
  ).toBeUndefined();
});

test("without input a command is told at once that there is none", async () => {
  const { address } = await serve((channel) => {
    channel.resume().on("end", () => {
      channel.exit(0);
      channel.end();
    });
  });
  const terminal = new FakeTerminal(false);
  terminal.stdin.write("typed");
  const request = { command: "cat", hasTerminal: false, hasInput: false };
  expect(await runThere(address, request, terminal)).toBe(0);
  expect(String(terminal.stdin.read())).toBe("typed");
});

test("a server with another host key gets no login, and is named", async () => {
  const { address, said } = await serve(() => undefined);
  const other = (await makeKeyPair("test")).public;
  for (const hostKeys of [[other], []]) {
    await expect(connectSsh({ ...address, hostKeys }, never)).rejects.toMatchObject({
      code: "ssh-host-key",
      exitCode: 255,
    });
  }
  expect(said).toEqual([]);
});

test("a key that the guest does not know, and a port where nobody listens, are connection errors", async () => {
  const { address } = await serve(() => undefined);
  const stranger = (await makeKeyPair("test")).private;
  const refused = { code: "ssh-connection", exitCode: 255 };
  await expect(connectSsh({ ...address, privateKey: stranger }, never)).rejects.toMatchObject(refused);
  endAll();
  await expect(connectSsh(address, never)).rejects.toMatchObject(refused);
});

test("connecting to what accepts and never speaks ends with the signal", async () => {
  const interruption = new AbortController();
  const server = createServer(() => interruption.abort(new Error("SIGINT"))).listen(0, "127.0.0.1");
  await once(server, "listening");
  onceDone.push(() => void server.close());
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  const address = { machine: "m1", port, privateKey: userKey.private, hostKeys: [] };
  await expect(connectSsh(address, interruption.signal)).rejects.toThrow("SIGINT");
});
