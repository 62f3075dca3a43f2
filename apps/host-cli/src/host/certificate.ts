import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Host } from "../host.ts";

export const describeCertificate: Host["describeCertificate"] = (pem) => {
  const { subject, fingerprint256, subjectAltName = "", validToDate } = new X509Certificate(pem);
  // Ours hold no commas: `DNS:localhost, IP Address:127.0.0.1`.
  const names = subjectAltName.split(", ").map((name) => name.replace(/^(DNS|IP Address):/, ""));
  return { subject, sha256: fingerprint256, names: names.filter((name) => name !== ""), expiresAt: validToDate };
};

/** Node's own parser: the library that makes certificates would be much to load for a look at one. */
export const inspectCertificate: Host["inspectCertificate"] = (pem, caPem, keyPem) => {
  const certificate = new X509Certificate(pem);
  return {
    expiresAt: certificate.validToDate,
    isIssuedByCa: certificate.verify(new X509Certificate(caPem).publicKey),
    isOfKey: certificate.checkPrivateKey(createPrivateKey(keyPem)),
  };
};
