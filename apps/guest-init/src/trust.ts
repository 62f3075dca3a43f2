import { DOCKER_ETC, OWN_DATA, RUN_DIR } from "./paths.ts";
import type { Files } from "./system.ts";

const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
/** The image's own, which the first run puts aside. */
const ORIGINAL = `${RUN_DIR}/ca-certificates.crt`;
const OWN_CERTIFICATES = `${OWN_DATA}/certs`;
const OWN_REGISTRIES = `${OWN_DATA}/certs.d`;
const REGISTRIES = `${DOCKER_ETC}/certs.d`;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Adds certificate authorities to those of the image (TLS-19): the host's, and the user's, which are `certs/*.pem` and `*.crt` for
 * everything, `certs.d/<registry>` for one registry, in Docker's own form. Returns what is not a certificate, by name. Go programs
 * read the bundle once: it has to be whole before the engine starts.
 */
export async function trustCertificates(ofHost: readonly string[], files: Files): Promise<string[]> {
  if ((await files.stat(OWN_REGISTRIES)) !== undefined) await files.link(OWN_REGISTRIES, REGISTRIES);
  const names = (await files.list(OWN_CERTIFICATES)).filter((name) => /\.(pem|crt)$/.test(name));
  const original = (await files.readText(ORIGINAL)) ?? (await files.readText(BUNDLE)) ?? "";
  const isChanged = (await files.stat(ORIGINAL)) !== undefined;
  if (names.length === 0 && ofHost.length === 0 && !isChanged) return [];
  await files.write(ORIGINAL, original);
  const useless: string[] = [];
  const added: string[] = ofHost.flatMap((text) => text.match(CERTIFICATE) ?? []);
  for (const name of names) {
    const found = ((await files.readText(`${OWN_CERTIFICATES}/${name}`)) ?? "").match(CERTIFICATE);
    if (found === null) useless.push(name);
    else added.push(...found);
  }
  await files.write(BUNDLE, original + added.map((pem) => `${pem}\n`).join(""));
  return useless;
}
