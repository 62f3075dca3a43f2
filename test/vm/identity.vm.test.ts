import { X509Certificate } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { issueServerCertificate, makeCa } from "@boot2docker/host-cli/src/tls/certificates.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostOf } from "../harness/agent.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { wrapQemu } from "../harness/qemu-wrapper.ts";

/** Whatever clock and certificates a machine starts with, its user gets in, and nobody else. */
let box: Sandbox;
const tls = "/var/lib/boot2docker/tls";
const inGuest = (command: string) => box.ok("ssh", command);
const certs = async () =>
  JSON.parse(await box.ok("certs", "--json")) as Record<
    "ca" | "client" | "server",
    { sha256: string; names: string[] }
  >;
const startOf = (name: string) => box.dockerOk(["inspect", "-f", "{{.State.StartedAt}} {{.State.Running}}", name]);

beforeAll(async () => {
  box = await makeSandbox();
});
afterAll(async () => box[Symbol.asyncDispose]());

const minutes = 60_000;
test.each([
  ["1970", () => new Date(1000)],
  ["2040", () => new Date("2040-01-01")],
  ["ten minutes ago", () => new Date(Date.now() - 10 * minutes)],
])("a wrong clock (%s): the host's is taken before a certificate is looked at", async (_, now) => {
  wrapQemu(box, `arguments+=(-rtc base=${now().toISOString().slice(0, 19)})`);
  await box.ok("up");
  expect(await box.ok("status")).toBe("running");
  await box.dockerOk(["version"]);
  const guestMs = 1000 * Number(await inGuest("date +%s"));
  expect(Math.abs(guestMs - Date.now())).toBeLessThan(5_000);
  await box.ok("down");
});

/** For the guest's own key, by anybody, for anything. Its fingerprint. */
async function putCertificate(
  ca: { keyPem: string; certificatePem: string },
  dns: string[],
  at: Date,
): Promise<string> {
  const present = new X509Certificate(await inGuest(`sudo cat ${tls}/server.pem`));
  const publicKey = present.publicKey.export({ type: "spki", format: "pem" }).toString();
  const pem = await issueServerCertificate(ca, publicKey, { dns, ip: ["127.0.0.1"] }, at, "0002");
  expect((await box.cliWith(pem, "ssh", `sudo sh -c 'cat > ${tls}/server.pem'`)).code).toBe(0);
  return new X509Certificate(pem).fingerprint256;
}

test("an expired certificate of another CA on the disk: replaced before the engine starts", async () => {
  wrapQemu(box, "");
  await box.ok("up");
  const before = await certs();
  const other = await makeCa(new Date("2010-01-01"), "0001");
  await putCertificate(other, ["localhost"], new Date("2010-01-01"));
  await box.cliWith(other.certificatePem, "ssh", `sudo sh -c 'cat > ${tls}/ca.pem'`);
  await box.ok("restart");
  expect(await box.ok("status")).toBe("running");
  await box.dockerOk(["version"]);
  const { ca, server } = await certs();
  expect(ca).toEqual(before.ca);
  expect(server.sha256).not.toBe(before.server.sha256);
  expect(server.names).toEqual(["boot2docker", "localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"]);
});

test("a certificate without the host's names: told while there are containers, replaced when there are none", async () => {
  const ca = { keyPem: readFileSync(hostOf(box).dir.root.caKey, "utf8"), certificatePem: caPem() };
  await box.dockerOk(["run", "-d", "--name", "witness", "boot2docker/busybox", "sleep", "86400"]);
  const before = await certs();
  const sha256 = await putCertificate(ca, ["localhost"], new Date());
  // As if the guest had started without a host: its engine has what was on the disk, and now a host is there.
  const services = "/run/guest-init/services.json";
  await inGuest(`sudo sed -i s/${before.server.sha256}/${sha256}/ ${services}; sudo kill -9 $(pidof guest-init)`);
  await expect.poll(async () => (await box.cli("status")).stderr, { timeout: 60_000 }).toContain("regenerate-certs");
  expect((await box.cli("status")).stderr).toContain("it lacks the names DNS:boot2docker");
  await box.dockerOk(["rm", "-f", "witness"]);
  await inGuest("sudo kill -9 $(pidof guest-init)");
  await expect.poll(async () => (await box.cli("status")).stdout, { timeout: 60_000 }).toBe("running\n");
  expect((await certs()).server.names).toContain("boot2docker");
});

const caPem = () => readFileSync(hostOf(box).dir.root.caCert, "utf8");

test("regenerated certificates take effect at once, containers go on, copies of the old client stay good", async () => {
  await box.dockerOk(["run", "-d", "--name", "witness", "boot2docker/busybox", "sleep", "86400"]);
  const started = await startOf("witness");
  const before = await certs();
  const copy = join(box.root, "copy");
  cpSync(hostOf(box).dir.tlsDir, copy, { recursive: true });
  await box.ok("regenerate-certs");
  const after = await certs();
  expect(after.ca).toEqual(before.ca);
  expect(after.client.sha256).not.toBe(before.client.sha256);
  expect(after.server.sha256).not.toBe(before.server.sha256);
  const env = await box.dockerEnv({ DOCKER_CERT_PATH: copy });
  expect(await startOf("witness")).toBe(started);
  expect(await box.dockerOk(["ps", "--format", "{{.Names}}"], { env })).toBe("witness");
});

test("with another CA copies of the old client are refused, and containers go on all the same", async () => {
  const started = await startOf("witness");
  const env = await box.dockerEnv({ DOCKER_CERT_PATH: join(box.root, "copy") });
  await box.ok("regenerate-certs", "--ca");
  expect(await startOf("witness")).toBe(started);
  expect(await box.docker(["ps"], { env })).toMatchObject({ code: 1 });
  // Not even when it trusts the server of today.
  writeFileSync(join(box.root, "copy", "ca.pem"), caPem());
  const refused = await box.docker(["ps"], { env });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("certificate") as string });
  expect(await box.ok("up")).toBe("");
});
