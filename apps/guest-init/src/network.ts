import type { GuestConfig } from "@boot2docker/protocol";
import { NAME_SERVER } from "./name-service.ts";
import { OWN_DATA, RUN_DIR } from "./paths.ts";
import type { System } from "./system.ts";

export type NetworkConfig = GuestConfig["network"];

const KEPT_HOSTNAME = `${OWN_DATA}/etc/hostname`;
const DHCP_SCRIPT = `${RUN_DIR}/dhcp-script`;
const DHCP_BOUND = `${RUN_DIR}/dhcp-bound`;

/** One that is made for this machine by a host that answers questions. */
export type HostNetwork = Extract<NetworkConfig, { mode: "static" }> & { hostAddress: string };

export interface NetworkPlan {
  /** Lines for `ip -batch`; doing them again changes nothing. */
  commands: string[];
  /** Undefined when DHCP writes it. */
  resolvConf: string | undefined;
  /** What the supervisor has to keep running. */
  dhcp: { nic: string; script: string; boundFile: string } | undefined;
}

/** `nic` is undefined on a machine without a network card: containers still have their own networks. */
export function planNetwork(config: NetworkConfig, nic: string | undefined): NetworkPlan {
  const loopback = "link set lo up";
  if (nic === undefined) return { commands: [loopback], resolvConf: "", dhcp: undefined };
  const up = [loopback, `link set ${nic} up`];
  switch (config.mode) {
    case "static": {
      const isOfHost = hasHost(config);
      return {
        commands: [
          ...up,
          `address replace ${config.address} dev ${nic}`,
          `route replace default via ${config.gateway}`,
          ...(isOfHost ? [`address replace ${NAME_SERVER}/32 dev lo`] : []),
        ],
        resolvConf: (isOfHost ? [NAME_SERVER] : config.dns).map((server) => `nameserver ${server}\n`).join(""),
        dhcp: undefined,
      };
    }
    case "dhcp":
      return { commands: up, resolvConf: undefined, dhcp: { nic, script: DHCP_SCRIPT, boundFile: DHCP_BOUND } };
    default:
      return config satisfies never;
  }
}

/** Where there is a host to ask. Another network has its own name servers, and no folders. */
export function hasHost(config: NetworkConfig): config is HostNetwork {
  return config.mode === "static" && config.hostAddress !== undefined;
}

/** The first card that is hardware, by name; bridges and the like have no device behind them. */
export async function findNic({ files }: System): Promise<string | undefined> {
  for (const name of await files.list("/sys/class/net")) {
    if ((await files.stat(`/sys/class/net/${name}/device`)) !== undefined) return name;
  }
  return undefined;
}

/** What busybox's udhcpc runs with each lease; it gives interface, ip, mask, router and dns in the environment. */
const DHCP_SCRIPT_TEXT = `#!/usr/bin/busybox sh
case "$1" in
bound | renew)
  /usr/bin/ip address replace "$ip/$mask" dev "$interface"
  for gateway in $router; do /usr/bin/ip route replace default via "$gateway" && break; done
  for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf
  echo "$ntpsrv" >"$NTP_SERVERS_FILE"
  : >"$BOUND_FILE"
  ;;
esac
`;

/** Does all of the plan but the service that it may ask for. */
export async function setUpNetwork(plan: NetworkPlan, system: System, signal: AbortSignal): Promise<void> {
  const input = `${plan.commands.join("\n")}\n`;
  const { code, stderr } = await system.processes.run(["/usr/bin/ip", "-batch", "-"], signal, { input });
  if (code !== 0) throw new Error(`ip -batch ended with code ${String(code)}: ${stderr.trim()}`);
  if (plan.resolvConf !== undefined) await system.files.write("/etc/resolv.conf", plan.resolvConf);
  if (plan.dhcp !== undefined) await system.files.write(plan.dhcp.script, DHCP_SCRIPT_TEXT, { mode: 0o755 });
}

/** Undefined when the disk keeps none. Fails when it is no host name. */
export async function readKeptHostname(files: Pick<System["files"], "readText">): Promise<string | undefined> {
  const text = (await files.readText(KEPT_HOSTNAME))?.trim() ?? "";
  if (text === "") return undefined;
  if (/^(?=.{1,64}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text)) return text;
  throw new Error(`${KEPT_HOSTNAME}: ${JSON.stringify(text.slice(0, 80))} is no host name`);
}

export async function setHostname(hostname: string, { files }: System): Promise<void> {
  await files.set("/proc/sys/kernel/hostname", hostname);
  await files.write("/etc/hostname", `${hostname}\n`);
  await files.write("/etc/hosts", `127.0.0.1 localhost ${hostname}\n::1 localhost ip6-localhost ip6-loopback\n`);
}
