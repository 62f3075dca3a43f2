import { readFileSync } from "node:fs";
import type { PackageFile } from "./closure.ts";
import { file, symlink, type Entry } from "./tree.ts";

const folder = "/usr/share/ca-certificates/mozilla/";

/** The bundle that Debian's `update-ca-certificates` would make; its maintainer script does not run here. */
export function planCertificates(files: ReadonlyMap<string, PackageFile>): Entry[] {
  const certificates = [...files.values()]
    .filter(({ path }) => path.startsWith(folder) && path.endsWith(".crt"))
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))
    .map(({ source }) => `${readFileSync(source, "utf8").trimEnd()}\n`);
  if (certificates.length === 0) throw new Error(`ca-certificates has nothing in ${folder}`);
  return [
    file("/etc/ssl/certs/ca-certificates.crt", certificates.join("")),
    // Where programs that were built for other distributions look.
    symlink("/etc/ssl/cert.pem", "certs/ca-certificates.crt"),
  ];
}
