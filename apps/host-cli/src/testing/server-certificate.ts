import { issueServerCertificate, type KeyAndCertificate } from "../tls/certificates.ts";

/** Key and certificate of a server `m1`, as a guest's engine has them: PEM texts for Node's TLS. */
export async function makeServerCertificate(
  ca: KeyAndCertificate,
  now: Date,
  serialNumber: string,
): Promise<{ key: string; cert: string }> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
  ]);
  const pem = async (format: "spki" | "pkcs8", key: typeof publicKey, label: string) =>
    `-----BEGIN ${label}-----\n${Buffer.from(await crypto.subtle.exportKey(format, key)).toString("base64")}\n-----END ${label}-----\n`;
  const names = { dns: ["m1"], ip: ["127.0.0.1"] };
  const cert = await issueServerCertificate(ca, await pem("spki", publicKey, "PUBLIC KEY"), names, now, serialNumber);
  return { key: await pem("pkcs8", privateKey, "PRIVATE KEY"), cert };
}
