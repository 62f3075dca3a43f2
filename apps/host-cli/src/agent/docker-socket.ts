import type { EngineEnd, Host, Server } from "../host.ts";
import type { MachineConfig } from "../machine-dir/config-file.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import type { Tunnel } from "./tunnel.ts";

/**
 * Docker of the machine for clients of this user. What it carries passes through this process: it is the one place that knows
 * when the guest's clock is right again after a sleep. `untilRight` resolves then.
 */
export function serveDocker(
  host: Host,
  dir: MachineDir,
  { dockerPort }: MachineConfig,
  tunnel: Tunnel | undefined,
  untilRight: () => Promise<void>,
): Promise<Server> {
  const dial = async (): Promise<EngineEnd[]> => {
    await untilRight();
    const socketPath = tunnel?.engineSocket;
    const [ca = "", cert = "", key = ""] = await Promise.all(
      [dir.tlsCa, dir.tlsCert, dir.tlsKey].map((path) => host.files.readText(path)),
    );
    const overTls = { port: dockerPort, ca, cert, key, serverName: dir.name };
    return socketPath === undefined ? [overTls] : [{ socketPath }, overTls];
  };
  return host.network.relayUnix(dir.dockerSocket, dial);
}
