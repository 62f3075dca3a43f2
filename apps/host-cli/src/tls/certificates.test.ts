import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { issueClientCertificate, issueServerCertificate, makeCa, type KeyAndCertificate } from "./certificates.ts";

const now = new Date("2026-11-23T12:00:00Z");
const names = { dns: ["m1", "boot2docker", "localhost"], ip: ["127.0.0.1", "::1"] };

let ca: KeyAndCertificate;
beforeAll(async () => {
  ca = await makeCa(now, "0011");
});

function publicKeyOf(curve: string): string {
  return generateKeyPairSync("ec", { namedCurve: curve }).publicKey.export({ type: "spki", format: "pem" }).toString();
}

test("the CA signs certificates and nothing else, and no CA below it", () => {
  const certificate = new X509Certificate(ca.certificatePem);
  expect(certificate.ca).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.toString()).toBe(ca.certificatePem.trimEnd() + "\n");
});

test("a server certificate is for the guest's own key, for servers only, and for names of this host only", async () => {
  const publicKeyPem = publicKeyOf("P-256");
  const certificate = new X509Certificate(await issueServerCertificate(ca, publicKeyPem, names, now, "0022"));
  expect(certificate.publicKey.equals(createPublicKey(publicKeyPem))).toBe(true);
  expect(certificate.checkIssued(new X509Certificate(ca.certificatePem))).toBe(true);
  expect(certificate.verify(new X509Certificate(ca.certificatePem).publicKey)).toBe(true);
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(certificate.ca).toBe(false);
  expect(certificate.subjectAltName).toBe(
    "DNS:m1, DNS:boot2docker, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
  );
});

test("it was valid yesterday, for clocks that are behind, and will be for years", async () => {
  const pem = await issueServerCertificate(ca, publicKeyOf("P-256"), names, now, "0033");
  const { validFromDate, validToDate } = new X509Certificate(pem);
  expect(validFromDate.toISOString()).toBe("2026-11-22T12:00:00.000Z");
  expect(validToDate.getFullYear()).toBe(2031);
  expect(new X509Certificate(ca.certificatePem).validToDate.getFullYear()).toBe(2046);
});

test("a client certificate proves a client, never a server, and is for its key", async () => {
  const client = await issueClientCertificate(ca, now, "0044");
  const certificate = new X509Certificate(client.certificatePem);
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  expect(certificate.subjectAltName).toBeUndefined();
  const { createPrivateKey } = await import("node:crypto");
  expect(certificate.checkPrivateKey(createPrivateKey(client.keyPem))).toBe(true);
});

test.each(["P-384", "secp256k1"])("a key on %s is refused", async (curve) => {
  await expect(issueServerCertificate(ca, publicKeyOf(curve), names, now, "0055")).rejects.toThrow();
});

test("what is no public key is refused", async () => {
  await expect(issueServerCertificate(ca, "-----BEGIN JUNK-----", names, now, "0066")).rejects.toThrow();
});
