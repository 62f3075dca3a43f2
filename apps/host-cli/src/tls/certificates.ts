// First: the next one needs it when it is loaded.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

/** PEM texts. */
export interface KeyAndCertificate {
  keyPem: string;
  certificatePem: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 24 * 60 * 60 * 1000;
const yearMs = 365 * dayMs;
/** Clocks of guests and containers may be behind ours. */
const backdatedMs = dayMs;
const caYears = 20;
const leafYears = 5;

export async function makeCa(now: Date, serialNumber: string): Promise<KeyAndCertificate> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=boot2docker CA ${serialNumber.slice(0, 8)}`,
    keys,
    signingAlgorithm: algorithm,
    serialNumber,
    ...validity(now, caYears),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { keyPem: await exportKey(keys.privateKey), certificatePem: certificate.toString("pem") };
}

/** For the user's docker client: proves a client, never a server. */
export async function issueClientCertificate(
  ca: KeyAndCertificate,
  now: Date,
  serialNumber: string,
): Promise<KeyAndCertificate> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificatePem = await issue(ca, keys.publicKey, now, {
    subject: "CN=boot2docker client",
    serialNumber,
    usage: x509.ExtendedKeyUsage.clientAuth,
    names: [],
  });
  return { keyPem: await exportKey(keys.privateKey), certificatePem };
}

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export interface ServerNames {
  dns: readonly string[];
  ip: readonly string[];
}

/**
 * For a guest's dockerd. Whoever asks brings a public key and nothing else: names, usage and dates are decided here,
 * since a container with rights enough can ask too.
 */
export async function issueServerCertificate(
  ca: KeyAndCertificate,
  publicKeyPem: string,
  names: ServerNames,
  now: Date,
  serialNumber: string,
): Promise<string> {
  const spki = x509.PemConverter.decodeFirst(publicKeyPem);
  const publicKey = await crypto.subtle.importKey("spki", spki, algorithm, true, ["verify"]);
  return issue(ca, publicKey, now, {
    subject: `CN=${names.dns[0] ?? "boot2docker"}`,
    serialNumber,
    usage: x509.ExtendedKeyUsage.serverAuth,
    names: [
      ...names.dns.map((value) => ({ type: "dns" as const, value })),
      ...names.ip.map((value) => ({ type: "ip" as const, value })),
    ],
  });
}

interface Leaf {
  subject: string;
  serialNumber: string;
  usage: x509.ExtendedKeyUsage;
  names: x509.JsonGeneralNames;
}

async function issue(ca: KeyAndCertificate, publicKey: Key, now: Date, leaf: Leaf): Promise<string> {
  const issuer = new x509.X509Certificate(ca.certificatePem);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: leaf.subject,
    issuer: issuer.subject,
    publicKey,
    signingKey: await importKey(ca.keyPem),
    signingAlgorithm: algorithm,
    serialNumber: leaf.serialNumber,
    ...validity(now, leafYears),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([leaf.usage]),
      ...(leaf.names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(leaf.names)]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return certificate.toString("pem");
}

function validity(now: Date, years: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - backdatedMs), notAfter: new Date(now.getTime() + years * yearMs) };
}

async function exportKey(key: Key): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

async function importKey(pem: string): Promise<Key> {
  return crypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), algorithm, false, ["sign"]);
}
