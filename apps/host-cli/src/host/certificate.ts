import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Host } from "../host.ts";

/** Node's own parser: the library that makes certificates would be much to load for a look at one. */
export const inspectCertificate: Host["inspectCertificate"] = (pem, caPem, keyPem) => {
  const certificate = new X509Certificate(pem);
  return {
    expiresAt: certificate.validToDate,
    isIssuedByCa: certificate.verify(new X509Certificate(caPem).publicKey),
    isOfKey: certificate.checkPrivateKey(createPrivateKey(keyPem)),
  };
};
