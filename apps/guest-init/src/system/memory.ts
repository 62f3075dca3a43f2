import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Left to itself V8 keeps what it once needed. Blocks for some 50 ms. */
export function releaseMemory(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options: object) => void; // What that flag puts into new contexts.
  collect({ type: "major", flavor: "last-resort" });
}
