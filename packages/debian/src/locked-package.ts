import * as z from "zod/mini";

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** One Debian package, pinned to its bytes. */
export const LockedPackage = z.object({
  name: z.string().check(z.regex(/^[a-z0-9][a-z0-9+.-]+$/)),
  /** Debian's version, with its epoch. */
  version: z.string(),
  suite: z.string(),
  /** Below the archive's base: `pool/main/…/x_1_amd64.deb`. */
  path: z.string().check(z.regex(/^pool\/(?:[\w+-][\w+.~-]*\/)+[\w+-][\w+.~-]*\.deb$/)),
  sha256,
  sizeBytes: z.int().check(z.positive()),
});
export type LockedPackage = z.infer<typeof LockedPackage>;

/** Packages, and when they were pinned: an archive that keeps old versions is asked for the state of that moment. */
export const PackageLock = z.object({
  /** As the snapshot archive names its states: `20261123T231500Z`. */
  lockedAt: z.string().check(z.regex(/^\d{8}T\d{6}Z$/)),
  packages: z.array(LockedPackage),
});
export type PackageLock = z.infer<typeof PackageLock>;

/** Whether two Debian versions are of one upstream major: `28.5.2+dfsg-1` and `28.6.0-1`, whatever their epochs. */
export function isSameMajor(one: string, other: string): boolean {
  return major(one) === major(other);
}

function major(version: string): string {
  return version.replace(/^\d+:/, "").split(/[.+~-]/)[0] ?? "";
}
