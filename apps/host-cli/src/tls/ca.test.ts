import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import type { Host } from "../host.ts";
import { machineDir, type MachineDir } from "../machine-dir/dir.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { ensureCa, isClientCertificateGood, issueGuestCertificate, renewClientCertificate, serverNames } from "./ca.ts";

async function machine(): Promise<{ world: FakeWorld; host: Host; dir: MachineDir }> {
  const world = new FakeWorld();
  const host = world.host();
  const dir = machineDir(host, "m1");
  await host.files.makeDirectory(dir.path);
  return { world, host, dir };
}

test("the CA is made once", async () => {
  const { host, dir } = await machine();
  const first = await ensureCa(host, dir.root);
  expect(await ensureCa(host, dir.root)).toEqual(first);
});

test("a CA that lost its key is not replaced silently: all machines trust it", async () => {
  const { world, host, dir } = await machine();
  const { certificatePem } = await ensureCa(host, dir.root);
  world.disk.entries.delete(dir.root.caKey);
  await expect(ensureCa(host, dir.root)).rejects.toMatchObject({ code: "ca-damaged" });
  expect(world.disk.text(dir.root.caCert)).toBe(certificatePem);
});

test.each(["caCert", "caKey"] as const)("a CA whose %s is damaged is not replaced either", async (name) => {
  const { world, host, dir } = await machine();
  await ensureCa(host, dir.root);
  world.disk.put(dir.root[name], "-----BEGIN");
  await expect(ensureCa(host, dir.root)).rejects.toMatchObject({ code: "ca-damaged" });
  expect(world.disk.text(dir.root[name])).toBe("-----BEGIN");
});

test("a fresh client certificate is good until two months before its end", async () => {
  const { world, host, dir } = await machine();
  expect(await isClientCertificateGood(host, dir)).toBe(false);
  await renewClientCertificate(host, dir);
  expect(await isClientCertificateGood(host, dir)).toBe(true);
  world.clock.startsAt = new Date("2031-10-01T00:00:00Z");
  expect(await isClientCertificateGood(host, dir)).toBe(false);
});

test.each(["ca", "key", "cert"])("a client whose %s.pem is of another machine's is not good", async (name) => {
  const { world, host, dir } = await machine();
  const other = await machine();
  for (const one of [{ host, dir }, other]) await renewClientCertificate(one.host, one.dir);
  const path = `${dir.tlsDir}/${name}.pem`;
  world.disk.put(path, other.world.disk.text(path) ?? "");
  expect(await isClientCertificateGood(host, dir)).toBe(false);
});

test("a certificate of an earlier CA is not good", async () => {
  const { world, host, dir } = await machine();
  await renewClientCertificate(host, dir);
  const other = await machine();
  const { certificatePem } = await ensureCa(other.host, other.dir.root);
  for (const path of [dir.root.caCert, dir.tlsCa]) world.disk.put(path, certificatePem);
  expect(await isClientCertificateGood(host, dir)).toBe(false);
});

test("private keys are the user's alone", async () => {
  const { host, dir } = await machine();
  await renewClientCertificate(host, dir);
  for (const path of [dir.root.caKey, dir.tlsKey]) expect((await host.files.stat(path))?.mode).toBe(0o600);
});

test("a guest's certificate carries the machine's names, whatever it asks for", async () => {
  const { host, dir } = await machine();
  await ensureCa(host, dir.root);
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { certificatePem, caPem } = await issueGuestCertificate(
    host,
    dir,
    publicKey.export({ type: "spki", format: "pem" }).toString(),
  );
  const certificate = new X509Certificate(certificatePem);
  expect(certificate.checkHost("m1")).toBe("m1");
  expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(certificate.verify(new X509Certificate(caPem).publicKey)).toBe(true);
});

test("the default machine's name is not listed twice", () => {
  expect(serverNames("boot2docker").dns).toEqual(["boot2docker", "localhost"]);
});
