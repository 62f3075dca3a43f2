import { createHash } from "node:crypto";
import { join } from "node:path";
import { cacheFolder } from "@boot2docker/debian";

/** What decides the bytes of a kernel: equal inputs have one entry in the store, whoever builds them and where. */
export interface KernelInputs {
  architecture: string;
  sourceSha256: string;
  fragments: readonly { name: string; text: string }[];
  /** First line of `gcc --version` and `ld --version`. */
  compiler: string;
  linker: string;
  /** Changes when the way to build does. */
  recipe: string;
}

export function kernelKey(inputs: KernelInputs): string {
  const { fragments, ...rest } = inputs;
  const sorted = fragments.toSorted((one, two) => (one.name < two.name ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify({ ...rest, fragments: sorted }))
    .digest("hex")
    .slice(0, 24);
}

/** Folders outside the checkout: a fresh clone on a machine that built before compiles nothing. */
export function kernelFolders(key: string, version: string) {
  const cache = cacheFolder("kernel");
  return {
    /** A finished kernel; complete when it exists. */
    entry: join(cache, "store", key),
    /** Sources and objects, kept so that a changed option recompiles only what it touches. */
    tree: join(cache, "build", version),
    lock: join(cache, "build", `${version}.lock`),
  };
}
