import type { Driver } from "../driver/driver.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import type { Progress } from "./machine.ts";

/** What one run of a verb works with. */
export interface Context {
  host: Host;
  dir: MachineDir;
  driver: Driver;
  progress: Progress;
  signal: AbortSignal;
}
