import type { LockedPackage } from "@boot2docker/debian";
import type { PackageFile } from "./closure.ts";

export interface SbomInputs {
  version: string;
  epoch: number;
  packages: readonly LockedPackage[];
  /** dpkg's word. */
  debianArchitecture: string;
  /** The files of the packages that are in the root. */
  files: readonly PackageFile[];
  /** What is not Debian's package: the kernel and our own program. */
  built: readonly { name: string; version: string; purl?: string; location: string; sha256: string }[];
}

/**
 * The bill of materials of an image: CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/). A package's hash is that of
 * its `.deb`; its occurrences are its files in the root. A package without any only lent something to the build.
 */
export function renderSbom(inputs: SbomInputs): string {
  const occurrences = Map.groupBy(inputs.files, (file) => file.package);
  const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(inputs.epoch * 1000).toISOString(),
      component: { type: "operating-system", name: "boot2docker", version: inputs.version },
    },
    components: [
      ...inputs.built.map(({ name, version, purl, location, sha256 }) => ({
        type: "application",
        name,
        version,
        ...(purl === undefined ? {} : { purl }),
        hashes: [{ alg: "SHA-256", content: sha256 }],
        evidence: { occurrences: [{ location }] },
      })),
      ...inputs.packages.map((entry) => ({
        type: "library",
        name: entry.name,
        version: entry.version,
        purl: packageUrl(entry, inputs.debianArchitecture),
        hashes: [{ alg: "SHA-256", content: entry.sha256 }],
        evidence: {
          occurrences: (occurrences.get(entry.name) ?? []).map(({ path }) => ({ location: path })).toSorted(byLocation),
        },
      })),
    ],
  };
  return `${JSON.stringify(bom, undefined, 1)}\n`;
}

/** https://github.com/package-url/purl-spec/blob/main/types/deb-definition.json */
function packageUrl(entry: LockedPackage, architecture: string): string {
  return `pkg:deb/debian/${encodeURIComponent(entry.name)}@${encodeURIComponent(entry.version)}?arch=${architecture}&distro=${entry.suite}`;
}

function byLocation(one: { location: string }, other: { location: string }): number {
  return one.location < other.location ? -1 : 1;
}
