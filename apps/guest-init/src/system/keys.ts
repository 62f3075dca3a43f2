import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import type { Keys } from "../system.ts";

export const keys: Keys = {
  create: () =>
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  publicKeyOf: (privateKeyPem) =>
    createPublicKey(createPrivateKey(privateKeyPem)).export({ type: "spki", format: "pem" }).toString(),
  inspect(certificatePem, caPem, privateKeyPem) {
    const certificate = new X509Certificate(certificatePem);
    const ca = new X509Certificate(caPem);
    return {
      fingerprint: certificate.fingerprint256,
      matchesKey: certificate.checkPrivateKey(createPrivateKey(privateKeyPem)),
      signedByCa: certificate.checkIssued(ca) && certificate.verify(ca.publicKey),
      validFrom: new Date(certificate.validFrom),
      validTo: new Date(certificate.validTo),
      names: certificate.subjectAltName?.split(", ") ?? [],
    };
  },
};
