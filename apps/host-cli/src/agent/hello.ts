import { protocolRange, type LocalHello } from "@boot2docker/protocol";
import packageJson from "../../package.json" with { type: "json" };
import type { Clock } from "../host.ts";

/** What this program says of itself. `now` is read for each hello: the guest sets its clock by it. */
export function helloAs<Role extends "host" | "client">(role: Role, clock: Clock): LocalHello<Role> {
  return {
    role,
    protocol: protocolRange,
    version: packageJson.version,
    features: [],
    get now() {
      return clock.now().toISOString();
    },
  };
}
