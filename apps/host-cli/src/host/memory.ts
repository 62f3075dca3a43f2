import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Host } from "../host.ts";

/** V8's last compiler is 5 MB of program; the one before it makes code that is 4 % slower at serving folders (`pnpm bench folders`). */
export const spareMemory: Host["spareMemory"] = () => setFlagsFromString("--no-opt");

/** Left to itself V8 keeps what it once needed for as long as nothing more is asked of it. */
export const releaseMemory: Host["releaseMemory"] = () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options: object) => void; // What that flag puts into new contexts.
  // Code too, as if it were old; what runs again is compiled again.
  setFlagsFromString("--stress-flush-code");
  collect({ type: "major", flavor: "last-resort" });
  setFlagsFromString("--no-stress-flush-code");
};
