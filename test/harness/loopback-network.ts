import { spawn } from "node:child_process";
import { once } from "node:events";

/** A network namespace with a loopback alone, in which the ports below 1024 are root's, whatever this host has them be. */
export interface LoopbackNetwork extends AsyncDisposable {
  /** What a command line begins with that is to run in it. */
  readonly enter: readonly string[];
}

export async function makeLoopbackNetwork(): Promise<LoopbackNetwork> {
  const script = "ip link set lo up && echo up && exec sleep infinity";
  const holder = spawn("unshare", ["--net", "sh", "-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(holder, "exit");
  await Promise.race([once(holder.stdout, "data"), ended]);
  if (holder.pid === undefined || holder.exitCode !== null) throw new Error("no network namespace could be made");
  return {
    enter: ["/usr/bin/nsenter", `--net=/proc/${holder.pid}/ns/net`],
    [Symbol.asyncDispose]: async () => {
      holder.kill();
      await ended;
    },
  };
}
