import { expect, test } from "vitest";
import { renderSbom } from "./sbom.ts";

const bash = { name: "bash", version: "1:5.3-4+b1", suite: "forky", path: "pool/main/b/bash/bash_1_amd64.deb" };

test("a package comes with its address, its hash and the files of it that are on board, in order", () => {
  const bom: unknown = JSON.parse(
    renderSbom({
      version: "1.0.0",
      epoch: 0,
      debianArchitecture: "amd64",
      packages: [{ ...bash, sha256: "a".repeat(64), sizeBytes: 1 }],
      files: ["/usr/bin/sh", "/usr/bin/bash"].map((path) => ({ path, package: "bash", source: "" })),
      built: [{ name: "linux", version: "6.12.117", location: "/boot/vmlinuz", sha256: "b".repeat(64) }],
    }),
  );
  expect(bom).toMatchObject({
    bomFormat: "CycloneDX",
    metadata: { timestamp: "1970-01-01T00:00:00.000Z", component: { version: "1.0.0" } },
    components: [
      { name: "linux", hashes: [{ alg: "SHA-256", content: "b".repeat(64) }] },
      {
        name: "bash",
        purl: "pkg:deb/debian/bash@1%3A5.3-4%2Bb1?arch=amd64&distro=forky",
        hashes: [{ alg: "SHA-256", content: "a".repeat(64) }],
        evidence: { occurrences: [{ location: "/usr/bin/bash" }, { location: "/usr/bin/sh" }] },
      },
    ],
  });
});
