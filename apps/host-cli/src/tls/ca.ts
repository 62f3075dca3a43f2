import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineDir, RootDir } from "../machine-dir/dir.ts";
import type { KeyAndCertificate, ServerNames } from "./certificates.ts";

const dayMs = 24 * 60 * 60 * 1000;
/** Renewed at `up` when it would end sooner than this. */
const renewBeforeMs = 60 * dayMs;

/**
 * The CA of all machines, made at the first call; only for who holds the lock of the root directory. Throws UserError
 * `ca-damaged` rather than replace one: certificates of machines would stop to fit.
 */
export async function ensureCa(host: Host, root: RootDir): Promise<KeyAndCertificate> {
  const found = await readCa(host, root);
  if (found !== undefined) return found;
  const { makeCa } = await loadCertificates();
  const made = await makeCa(host.clock.now(), serialNumber(host));
  await host.files.makeDirectory(root.caDir);
  await host.files.writeAtomic(root.caKey, made.keyPem);
  await host.files.writeAtomic(root.caCert, made.certificatePem);
  return made;
}

/** Makes another CA in the place of the present one, for all machines. Under the lock of the root directory. */
export async function replaceCa(host: Host, root: RootDir): Promise<void> {
  // Certificate first: a call that is killed in between leaves a key alone, of which the next one makes nothing.
  await host.files.remove(root.caCert);
  await ensureCa(host, root);
}

/** Whether the machine's clients are of the CA of today: another machine may have had that replaced. */
export async function isOfPresentCa(host: Host, dir: MachineDir): Promise<boolean> {
  return (await host.files.readText(dir.root.caCert)) === (await host.files.readText(dir.tlsCa));
}

async function readCa(host: Host, root: RootDir): Promise<KeyAndCertificate | undefined> {
  const keyPem = await host.files.readText(root.caKey);
  const certificatePem = await host.files.readText(root.caCert);
  if (certificatePem === undefined) return undefined; // A key alone is of a call that was killed.
  if (keyPem === undefined) throw damaged(root, `${root.caKey} is missing`);
  if (!isPair(host, keyPem, certificatePem)) throw damaged(root, `${root.caCert} is not the certificate of its key`);
  return { keyPem, certificatePem };
}

function isPair(host: Host, keyPem: string, certificatePem: string): boolean {
  try {
    return host.inspectCertificate(certificatePem, certificatePem, keyPem).isOfKey;
  } catch {
    return false; // One of them is no PEM.
  }
}

function damaged(root: RootDir, problem: string): UserError {
  return new UserError(`the certificate authority is damaged: ${problem}`, {
    code: "ca-damaged",
    hint: `Put both files back from a copy, or delete ${root.caDir}: a new one is then made, for all machines.`,
  });
}

/** Whether the client certificate of a machine is there, of the present CA and valid for a while yet. */
export async function isClientCertificateGood(host: Host, dir: MachineDir): Promise<boolean> {
  const [caPem, ownCaPem, certPem, keyPem] = await Promise.all(
    [dir.root.caCert, dir.tlsCa, dir.tlsCert, dir.tlsKey].map((path) => host.files.readText(path)),
  );
  if (caPem === undefined || caPem !== ownCaPem || certPem === undefined || keyPem === undefined) return false;
  try {
    const { expiresAt, isIssuedByCa, isOfKey } = host.inspectCertificate(certPem, caPem, keyPem);
    return isIssuedByCa && isOfKey && expiresAt.getTime() - host.clock.now().getTime() > renewBeforeMs;
  } catch {
    return false; // One of them is no PEM.
  }
}

/** Makes key and certificate of a machine's client anew. Under the locks of the root directory and the machine. */
export async function renewClientCertificate(host: Host, dir: MachineDir): Promise<void> {
  const ca = await ensureCa(host, dir.root);
  const { issueClientCertificate } = await loadCertificates();
  const client = await issueClientCertificate(ca, host.clock.now(), serialNumber(host));
  await host.files.makeDirectory(dir.tlsDir);
  await host.files.writeAtomic(dir.tlsCa, ca.certificatePem);
  await host.files.writeAtomic(dir.tlsKey, client.keyPem);
  await host.files.writeAtomic(dir.tlsCert, client.certificatePem);
}

/** What a guest's dockerd shows to clients of this host. */
export async function issueGuestCertificate(
  host: Host,
  dir: MachineDir,
  publicKeyPem: string,
): Promise<{ certificatePem: string; caPem: string }> {
  const ca = await readCa(host, dir.root);
  if (ca === undefined) throw new Error(`there is no certificate authority in ${dir.root.caDir}`);
  const { issueServerCertificate } = await loadCertificates();
  const now = host.clock.now();
  const certificatePem = await issueServerCertificate(ca, publicKeyPem, serverNames(dir.name), now, serialNumber(host));
  return { certificatePem, caPem: ca.certificatePem };
}

/** All the names under which a program of this host may reach the engine: never an address that others can take. */
export function serverNames(machineName: string): ServerNames {
  return { dns: [...new Set([machineName, "boot2docker", "localhost"])], ip: ["127.0.0.1", "::1"] };
}

/** The X.509 library costs some 100 ms to load: only what makes a certificate pays it. */
function loadCertificates(): Promise<typeof import("./certificates.ts")> {
  return import("./certificates.ts");
}

/** Positive and below 20 bytes, as RFC 5280 §4.1.2.2 has it: a leading zero keeps the sign bit clear. */
function serialNumber(host: Host): string {
  return `00${host.clock.randomId()}`;
}
