import { describeCertificate } from "./certificate.ts";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeServerCertificate } from "../testing/server-certificate.ts";
import { issueClientCertificate, makeCa } from "../tls/certificates.ts";
import { nodeNetwork as network } from "./network.ts";

const never = new AbortController().signal;
let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "b2d-network-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

test("bytes go both ways over a private socket that replaces a dead one", async () => {
  const path = join(dir, "s");
  writeFileSync(path, "left by a process that was killed");
  await using server = await network.listenUnix(path, (channel) => {
    void (async () => {
      for await (const bytes of channel.incoming) await channel.write(bytes);
    })();
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const channel = await network.connectUnix(path, never);
  await channel.write(Uint8Array.of(1, 2, 255));
  for await (const bytes of channel.incoming) {
    expect([...bytes]).toEqual([1, 2, 255]);
    break;
  }
  await channel.close();
  await channel.close();
  await server.close();
});

test("connecting to a socket that nobody serves fails", async () => {
  await expect(network.connectUnix(join(dir, "none"), never)).rejects.toMatchObject({ code: "ENOENT" });
});

test("closing a server ends its connections", async () => {
  const path = join(dir, "s");
  const server = await network.listenUnix(path, () => undefined);
  const channel = await network.connectUnix(path, never);
  await server.close();
  const received: Uint8Array[] = [];
  for await (const bytes of channel.incoming) received.push(bytes);
  expect(received).toEqual([]);
});

test("a port is free until somebody listens on it", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // TCP, not a pipe.
  expect(await network.isPortFree(port)).toBe(false);
  server.close();
  await once(server, "close");
  expect(await network.isPortFree(port)).toBe(true);
});

test("mutual TLS: our client is answered, one of another CA is refused, and so is another server", async () => {
  const now = new Date();
  const [ca, other] = [await makeCa(now, "0001"), await makeCa(now, "0002")];
  const options = { ca: ca.certificatePem, ...(await makeServerCertificate(ca, now, "0003")) };
  const server = createHttpsServer({ ...options, requestCert: true, rejectUnauthorized: true }, (_, response) => {
    response.end("OK");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // TCP, not a pipe.

  const get = async (trusted: typeof ca, signer: typeof ca, serverName = "m1") => {
    const client = await issueClientCertificate(signer, now, "0004");
    const request = {
      port,
      path: "/_ping",
      ca: trusted.certificatePem,
      cert: client.certificatePem,
      key: client.keyPem,
    };
    return network.httpsGet({ ...request, serverName }, never);
  };
  const answer = await get(ca, ca);
  expect(answer).toMatchObject({ status: 200, body: "OK" });
  expect(describeCertificate(answer.certificatePem).names).toContain("m1");
  await expect(get(ca, other)).rejects.toThrow();
  await expect(get(other, ca)).rejects.toThrow();
  await expect(get(ca, ca, "m2")).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  server.close();
});
