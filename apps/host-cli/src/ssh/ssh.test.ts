import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import ssh2, { type PseudoTtyInfo, type ServerChannel, type Session } from "ssh2";
import { afterEach, expect, test } from "vitest";
import { makeKeyPair } from "../machine/ssh-key.ts";
import { connectSsh, type SshAddress } from "./connect.ts";
import { runSession, type SessionRequest } from "./session.ts";
import type { Terminal } from "./terminal.ts";

/** A real ssh server on the loopback, with real keys: what is between here and the guest is only the wire. */
const hostKey = await makeKeyPair("test");
const userKey = await makeKeyPair("test");
const never = new AbortController().signal;
const onceDone: (() => void)[] = [];

afterEach(() => {
  for (const close of onceDone.splice(0)) close();
});

/** What a session asked for, in order; `program` is the guest's side of it. */
async function serve(program: (channel: ServerChannel, said: string[]) => void) {
  const said: string[] = [];
  const gone = Promise.withResolvers<undefined>();
  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (client) => {
    onceDone.push(() => void client.end());
    client.on("error", () => undefined);
    client.on("close", () => gone.resolve(undefined));
    client.on("authentication", (context) => {
      const isUser = context.username === "docker" && context.method === "publickey";
      if (isUser && isKeyOf(context.key.data, userKey.public)) context.accept();
      else context.reject(["publickey"]);
    });
    client.on("session", (accept) => serveSession(accept(), said, program));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onceDone.push(() => void server.close());
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  const address: SshAddress = { machine: "m1", port, privateKey: userKey.private, hostKeys: [hostKey.public] };
  return { address, said, gone: gone.promise };
}

function isKeyOf(data: Buffer, line: string): boolean {
  return line.split(" ")[1] === data.toString("base64");
}

function serveSession(session: Session, said: string[], program: (channel: ServerChannel, said: string[]) => void) {
  session.on("pty", (accept: () => void, _reject: unknown, { cols, rows, term }: PseudoTtyInfo & { term?: string }) => {
    said.push(`pty ${term} ${cols}x${rows}`);
    accept();
  });
  session.on("window-change", (_accept: unknown, _reject: unknown, { cols, rows }: PseudoTtyInfo) => {
    said.push(`window ${cols}x${rows}`);
  });
  session.on("signal", (_accept: unknown, _reject: unknown, { name }) => void said.push(`signal ${name}`));
  session.on("shell", (accept) => {
    said.push("shell");
    program(accept(), said);
  });
  session.on("exec", (accept, _reject, { command }) => {
    said.push(`exec ${command}`);
    program(accept(), said);
  });
}

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
  const client = await connectSsh(address, signal);
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
  expect(await runThere(address, { command: "exit 42", hasTerminal: false }, terminal)).toBe(42);
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
  expect(await runThere(address, { command: "cat", hasTerminal: false }, terminal)).toBe(0);
});

test("a command ended by a signal is 128 and its number", async () => {
  const { address } = await serve((channel) => {
    channel.exit("KILL");
    channel.end();
  });
  expect(await runThere(address, { command: "x", hasTerminal: false }, new FakeTerminal(false))).toBe(137);
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
  const running = runThere(address, { command: undefined, hasTerminal: true }, terminal);
  await once(terminal.stdout, "readable");
  expect(terminal.raw).toEqual([true]);
  terminal.resize(120);
  terminal.stdin.write("\x03");
  expect(await running).toBe(7);
  expect(said).toEqual(["pty xterm 80x24", "shell", "window 120x24", 'key "\\u0003"']);
  expect(terminal.raw).toEqual([true, false]);
  expect(terminal.listening).toBe(0);
});

test("an abort interrupts the command and ends with its reason", async () => {
  const { address, said, gone } = await serve((channel) => void channel.write("started"));
  const terminal = new FakeTerminal(false);
  const interruption = new AbortController();
  const running = runThere(address, { command: "sleep", hasTerminal: false }, terminal, interruption.signal);
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
  const running = runThere(address, { command: "yes", hasTerminal: false }, terminal, interruption.signal);
  await once(terminal.stdout, "readable");
  terminal.stdout.destroy();
  interruption.abort(new Error("nobody reads"));
  await expect(running).rejects.toThrow("nobody reads");
});

test("a connection that ends before the command has no exit code", async () => {
  const { address } = await serve(() => {
    for (const close of onceDone.splice(0)) close();
  });
  expect(await runThere(address, { command: "x", hasTerminal: false }, new FakeTerminal(false))).toBeUndefined();
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
  for (const close of onceDone.splice(0)) close();
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
