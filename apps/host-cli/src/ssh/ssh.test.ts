import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import ssh2, { type PseudoTtyInfo, type ServerChannel, type Session } from "ssh2";
import { afterEach, expect, test } from "vitest";
import { makeKeyPair } from "../machine/ssh-key.ts";
import { connectSsh, type SshAddress } from "./connect.ts";
import { openLocalForward, parseLocalForward } from "./local-forward.ts";
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
    client.on("tcpip", (accept, reject, { destIP, destPort }) => {
      said.push(`tcpip ${destIP}:${destPort}`);
      if (destIP === "nobody") reject();
      else void echo(accept());
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

/** Upper case, so that it is not taken for what was sent; its end when the other side has ended. */
async function echo(channel: ServerChannel): Promise<void> {
  for await (const chunk of channel) channel.write(String(chunk).toUpperCase());
  channel.end();
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
    for (const close of onceDone.splice(0)) close();
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

test("a forwarded port leads where it is said to, and ends with its owner", async () => {
  const { address, said } = await serve(() => undefined);
  const client = await connectSsh(address, never);
  onceDone.push(() => void client.end());
  const failures: string[] = [];
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo; // It listens on TCP.
  const forwards = [`${port}:db:5432`, `[::1]:${port}:nobody:1`].map(parseLocalForward);
  const open = (index: number) =>
    openLocalForward(client, forwards[index] ?? parseLocalForward(""), (message) => void failures.push(message));
  await expect(open(0)).rejects.toMatchObject({ code: "EADDRINUSE" });
  taken.close();
  await once(taken, "close");
  const first = await open(0);
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.end("hello");
  expect(await text(socket)).toBe("HELLO");
  await first[Symbol.asyncDispose]();
  await expect(once(connect(port, "127.0.0.1"), "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  const second = await open(1);
  expect(await text(connect(port, "::1"))).toBe("");
  await second[Symbol.asyncDispose]();
  expect(said).toEqual(["tcpip db:5432", "tcpip nobody:1"]);
  expect(failures).toEqual(["the machine does not reach nobody:1"]);
});

test.each([
  ["8080:172.17.0.2:80", { address: "127.0.0.1", port: 8080, host: "172.17.0.2", hostPort: 80 }],
  ["localhost:8080:db:80", { address: "127.0.0.1", port: 8080, host: "db", hostPort: 80 }],
  ["[::1]:8080:[fd00::2]:80", { address: "::1", port: 8080, host: "fd00::2", hostPort: 80 }],
])("-L %s", (written, forward) => {
  expect(parseLocalForward(written)).toEqual(forward);
});

test.each([
  "",
  "8080",
  "8080:80",
  "8080::80",
  "0:db:80",
  "8080:db:65536",
  "a:b:c:d:e",
  "0.0.0.0:8080:db:80",
  "*:1:b:2",
])("-L %s is refused", (written) => {
  expect(() => parseLocalForward(written)).toThrow(`-L ${written}: `);
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
