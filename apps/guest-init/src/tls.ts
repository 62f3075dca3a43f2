import { messageOf, Problem } from "./problem.ts";
import { TLS_DIR } from "./paths.ts";
import type { CertificateFacts, System } from "./system.ts";

export const TLS_FILES = {
  ca: `${TLS_DIR}/ca.pem`,
  certificate: `${TLS_DIR}/server.pem`,
  key: `${TLS_DIR}/server-key.pem`,
} as const;

/** Without these no client on the host could verify the engine. */
const NEEDED_NAMES = ["DNS:localhost", "IP Address:127.0.0.1"];

/** Why a certificate does not do; empty when it does. */
export function findFaults(
  facts: CertificateFacts,
  now: Date,
  neededNames: readonly string[] = NEEDED_NAMES,
): string[] {
  const missing = neededNames.filter((name) => !facts.names.includes(name));
  return [
    ...(facts.matchesKey ? [] : ["it is not for this machine's key"]),
    ...(facts.signedByCa ? [] : ["its CA did not sign it"]),
    ...(now < facts.validFrom ? [`it is not valid before ${facts.validFrom.toISOString()}`] : []),
    ...(now > facts.validTo ? [`it expired at ${facts.validTo.toISOString()}`] : []),
    ...(missing.length > 0 ? [`it lacks the names ${missing.join(", ")}`] : []),
  ];
}

export interface IssuedCertificate {
  certificatePem: string;
  caPem: string;
}

export interface IdentityContext {
  system: System;
  /** Undefined when there is no host to ask. */
  issue: ((publicKeyPem: string) => Promise<IssuedCertificate>) | undefined;
  report: (name: string, fields: Record<string, string>) => void;
}

/**
 * Leaves a key, a certificate for it and its CA in TLS_FILES, or fails with a `Problem`. Returns the certificate's
 * fingerprint.
 *
 * With a host a new certificate is asked for at each boot, since dockerd never reads it again later: then an expired
 * one, another CA or a changed name need no rules of their own. Without a host the last one is used while it is good.
 */
export async function establishIdentity({ system, issue, report }: IdentityContext): Promise<string> {
  const { files, keys } = system;
  await files.makeDirectory(TLS_DIR, { mode: 0o700 });
  const key = await ensureKey(system, report);
  let refusal = "there is no host to issue one";
  if (issue !== undefined) {
    try {
      const issued = await issue(keys.publicKeyOf(key));
      const { fingerprint } = inspectGood(issued, key, system);
      await files.write(TLS_FILES.ca, issued.caPem, { durable: true });
      await files.write(TLS_FILES.certificate, issued.certificatePem, { durable: true });
      return fingerprint;
    } catch (error) {
      refusal = `the host's one cannot be used: ${messageOf(error)}`;
      report("identity.not-issued", { reason: refusal });
    }
  }
  const certificatePem = await files.readText(TLS_FILES.certificate);
  const caPem = await files.readText(TLS_FILES.ca);
  const hint = "The engine answers inside the machine only. `boot2docker up` issues a certificate.";
  if (certificatePem === undefined || caPem === undefined) {
    throw new Problem("no-identity", `the engine has no certificate: ${refusal}`, hint);
  }
  try {
    return inspectGood({ certificatePem, caPem }, key, system).fingerprint;
  } catch (error) {
    throw new Problem("no-identity", `the engine's certificate: ${messageOf(error)}; ${refusal}`, hint, {
      cause: error,
    });
  }
}

/** The key is made here and never leaves the disk. One that cannot be read is of no use to anybody: a new one is made. */
async function ensureKey({ files, keys }: System, report: IdentityContext["report"]): Promise<string> {
  const present = await files.readText(TLS_FILES.key);
  if (present !== undefined) {
    try {
      keys.publicKeyOf(present);
      return present;
    } catch (error) {
      report("identity.key-unreadable", { reason: messageOf(error) });
    }
  }
  const key = keys.create();
  await files.write(TLS_FILES.key, key, { mode: 0o600, durable: true });
  return key;
}

/** The same of the certificate with that fingerprint, which the engine runs with, by what the host would issue now. */
export async function findFaultsInUse(
  fingerprint: string,
  issue: NonNullable<IdentityContext["issue"]>,
  { files, keys, clock }: System,
): Promise<string[]> {
  const [certificatePem, key] = [await files.readText(TLS_FILES.certificate), await files.readText(TLS_FILES.key)];
  if (certificatePem === undefined || key === undefined) return ["it is gone from the disk"];
  const issued = await issue(keys.publicKeyOf(key));
  const { names } = keys.inspect(issued.certificatePem, issued.caPem, key);
  const facts = keys.inspect(certificatePem, issued.caPem, key);
  // Whoever wrote another one died before the engine was started with it.
  if (facts.fingerprint !== fingerprint) return ["it is not the one on the disk any more"];
  return findFaults(facts, clock.now(), names);
}

function inspectGood({ certificatePem, caPem }: IssuedCertificate, key: string, system: System): CertificateFacts {
  const facts = system.keys.inspect(certificatePem, caPem, key);
  const faults = findFaults(facts, system.clock.now());
  if (faults.length > 0) throw new Error(faults.join("; "));
  return facts;
}
