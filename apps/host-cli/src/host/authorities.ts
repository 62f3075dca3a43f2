import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where administrators put them: update-ca-certificates(8) of Debian, update-ca-trust(8) of Fedora, Arch and SUSE. */
const anchorFolders = [
  "/usr/local/share/ca-certificates",
  "/etc/pki/ca-trust/source/anchors",
  "/etc/ca-certificates/trust-source/anchors",
  "/etc/pki/trust/anchors",
];
const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
/** A frame of the protocol holds 1 MiB, and other things. */
const maxBytes = 256 * 2 ** 10;

/** In PEM, each once; more than fit in a message are left out. */
export async function addedAuthorities(): Promise<string[]> {
  const found = await (process.platform === "linux" ? readAnchors() : addedToKeychain());
  let bytes = 0;
  return [...new Set(found)].filter((pem) => (bytes += pem.length) <= maxBytes);
}

async function readAnchors(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of anchorFolders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!/\.(crt|pem)$/.test(entry.name)) continue;
      const text = await readFile(join(entry.parentPath, entry.name), "utf8").catch(() => "");
      found.push(...(text.match(certificate) ?? []));
    }
  }
  return found;
}

/** Keychain and certificate store hold what the system came with, too: what Node has itself is of that kind. */
async function addedToKeychain(): Promise<string[]> {
  const { getCACertificates } = await import("node:tls"); // Much to load, and Linux does without.
  const known = new Set(getCACertificates("bundled").map(bodyOf));
  return getCACertificates("system").filter((pem) => !known.has(bodyOf(pem)));
}

/** They break lines in different ways. */
const bodyOf = (pem: string): string => pem.replaceAll(/-----[^-]+-----|\s/g, "");
