import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2, { type PseudoTtyInfo, type ServerChannel, type Session } from "ssh2";
import { makeKeyPair } from "../machine/ssh-key.ts";
import type { SshAddress } from "../ssh/connect.ts";

const hostKey = await makeKeyPair("test");
export const userKey = await makeKeyPair("test");
export const onceDone: (() => void)[] = [];

/** Ends servers and connections. */
export function endAll(): void {
  for (const close of onceDone.splice(0)) close();
}

/**
 * A real ssh server on the loopback, with real keys: what is between here and the guest is only the wire. `said` is what sessions asked for, in order; `program` is the guest's side of it.
 */
export async function serve(program: (channel: ServerChannel, said: string[]) => void) {
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
