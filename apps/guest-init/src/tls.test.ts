import { beforeEach, describe, expect, it } from "vitest";
import type { CertificateFacts } from "./system.ts";
import { establishIdentity, findFaults, findFaultsInUse, type IssuedCertificate, TLS_FILES } from "./tls.ts";
import { FakeSystem } from "./testing/fake-system.ts";

const good: CertificateFacts = {
  fingerprint: "AB:CD",
  matchesKey: true,
  signedByCa: true,
  validFrom: new Date("2025-12-01"),
  validTo: new Date("2036-01-01"),
  names: ["DNS:localhost", "DNS:boot2docker", "IP Address:127.0.0.1"],
};
const NEEDED = ["DNS:localhost", "IP Address:127.0.0.1"];
const now = new Date("2026-01-01");

it("a good certificate has no faults", () => {
  expect(findFaults(good, now)).toEqual([]);
});

it.each<[string, Partial<CertificateFacts>, string]>([
  ["another key", { matchesKey: false }, "it is not for this machine's key"],
  ["another CA", { signedByCa: false }, "its CA did not sign it"],
  ["the future", { validFrom: new Date("2027-01-01") }, "it is not valid before 2027-01-01T00:00:00.000Z"],
  ["the past", { validTo: new Date("2025-12-31") }, "it expired at 2025-12-31T00:00:00.000Z"],
  ["other names", { names: ["DNS:localhost"] }, "it lacks the names IP Address:127.0.0.1"],
])("a certificate of %s has a fault", (_, facts, fault) => {
  expect(findFaults({ ...good, ...facts }, now)).toEqual([fault]);
});

describe("establishIdentity", () => {
  const issued: IssuedCertificate = { certificatePem: "new certificate", caPem: "new ca" };
  let system: FakeSystem;
  let asked: string[];
  let reported: string[];

  const establish = (answer?: () => Promise<IssuedCertificate>): Promise<string> =>
    establishIdentity({
      system,
      issue:
        answer &&
        (async (publicKeyPem) => {
          asked.push(publicKeyPem);
          return answer();
        }),
      report: (name) => void reported.push(name),
    });
  const store = (): void => {
    system.content.set(TLS_FILES.key, "old private key");
    system.content.set(TLS_FILES.certificate, "old certificate");
    system.content.set(TLS_FILES.ca, "old ca");
  };

  beforeEach(() => {
    system = new FakeSystem();
    system.certificates.set("new certificate", good);
    system.certificates.set("old certificate", good);
    asked = [];
    reported = [];
  });

  it("makes a key that only root reads, and shows the host its public half", async () => {
    await establish(async () => issued);
    expect(system.history).toContain(`write ${TLS_FILES.key} 600 durable`);
    expect(asked).toEqual(["public half of new private key"]);
    expect(system.content.get(TLS_FILES.certificate)).toBe("new certificate");
    expect(system.content.get(TLS_FILES.ca)).toBe("new ca");
  });

  it("keeps the key and takes a new certificate for it, and the CA of today", async () => {
    store();
    await establish(async () => issued);
    expect(asked).toEqual(["public half of old private key"]);
    expect(system.content.get(TLS_FILES.key)).toBe("old private key");
    expect(system.content.get(TLS_FILES.ca)).toBe("new ca");
  });

  it("makes a new key when the old one cannot be read", async () => {
    store();
    system.content.set(TLS_FILES.key, "noise");
    await establish(async () => issued);
    expect(reported).toEqual(["identity.key-unreadable"]);
    expect(asked).toEqual(["public half of new private key"]);
  });

  it("uses the old certificate when there is no host", async () => {
    store();
    await expect(establish()).resolves.toBe("AB:CD");
    expect(system.content.get(TLS_FILES.certificate)).toBe("old certificate");
  });

  it("uses the old certificate when the host's one is bad or it has none", async () => {
    for (const answer of [
      async () => ({ ...issued, certificatePem: "noise" }),
      () => Promise.reject(new Error("no")),
    ]) {
      store();
      await establish(answer);
      expect(system.content.get(TLS_FILES.certificate)).toBe("old certificate");
    }
    expect(reported).toEqual(["identity.not-issued", "identity.not-issued"]);
  });

  it("has no identity without a host on the first boot", async () => {
    await expect(establish()).rejects.toMatchObject({ reason: { code: "no-identity" } });
  });

  it("has no identity with an expired certificate and no host", async () => {
    store();
    system.certificates.set("old certificate", { ...good, validTo: new Date("2025-12-31") });
    await expect(establish()).rejects.toThrow("it expired at 2025-12-31T00:00:00.000Z");
  });
});

describe("the certificate that the engine runs with", () => {
  const issue = async () => ({ certificatePem: "issued", caPem: "ca of today" });
  let system: FakeSystem;
  beforeEach(() => {
    system = new FakeSystem();
    system.content.set(TLS_FILES.key, "private key");
    system.content.set(TLS_FILES.certificate, "in use");
    system.certificates.set("issued", good);
  });

  it.each<[string, Partial<CertificateFacts>, string[]]>([
    ["of the same names and CA does", {}, []],
    ["of other names does not", { names: ["DNS:other", ...NEEDED] }, ["it lacks the names DNS:boot2docker"]],
    ["that is not the one on the disk does not", { fingerprint: "EF:01" }, ["it is not the one on the disk any more"]],
    ["of another CA does not", { signedByCa: false }, ["its CA did not sign it"]],
  ])("%s", async (_, facts, faults) => {
    system.certificates.set("in use", { ...good, ...facts });
    expect(await findFaultsInUse("AB:CD", issue, system)).toEqual(faults);
  });
});
