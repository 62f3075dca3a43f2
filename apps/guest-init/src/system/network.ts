import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import type { HttpResponse, Network } from "../system.ts";
import { openGate } from "./gate.ts";
import { askOverTcp, serveNames } from "./names.ts";
import { serveRequests } from "./requests.ts";
import { unlessAborted } from "../unless-aborted.ts";

export const network: Network = {
  addresses: () =>
    Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
      (entries ?? [])
        .filter(({ address }) => !address.startsWith("fe80:"))
        .map(({ address }) => ({ interface: name, address })),
    ),
  request(socketPath, { method, path, bodyPaths = [] }, signal) {
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
    // A `Host` header must be there; its value means nothing on a unix socket.
    const outgoing = httpRequest({ socketPath, method, path, signal, headers: { Host: "localhost" }, agent: false });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      let body = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (text: string) => {
        body += text;
      });
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, body }));
      incoming.on("error", reject);
    });
    // As a whole: they are our own small files, and a stream would start libuv's threads for them.
    outgoing.end(Buffer.concat(bodyPaths.map((file) => readFileSync(file))));
    return promise;
  },
  exchange,
  askNameServer: (address, query, protocol, signal) =>
    protocol === "tcp" ? askOverTcp(address, query, signal) : exchange({ host: address, port: 53 }, query, signal),
  serveNames,
  serveRequests,
  openGate,
  connects(target, signal) {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const socket =
      "port" in target ? connect({ port: target.port, host: "127.0.0.1" }) : connect({ path: target.socketPath });
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    socket.on("connect", () => resolve(undefined));
    socket.on("error", reject);
    return promise.finally(() => {
      signal.removeEventListener("abort", stop);
      socket.destroy();
    });
  },
};

async function exchange(
  { host, port }: { host: string; port: number },
  datagram: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { address, family } = await unlessAborted(lookup(host), signal);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    // Connected, so that it takes nothing from others, and hears when there is nobody.
    socket.connect(port, address);
    await once(socket, "connect", { signal });
    const answered = once(socket, "message", { signal });
    socket.send(datagram);
    const [message] = (await answered) as [Buffer];
    return message;
  } finally {
    socket.close();
  }
}
