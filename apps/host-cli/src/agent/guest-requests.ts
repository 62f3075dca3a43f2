import type { Handlers, hostMethods } from "@boot2docker/protocol";
import type { Host } from "../host.ts";
import { type MachineConfig, readMachineConfig } from "../machine-dir/config-file.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { readInherited } from "../machine-dir/inherited.ts";
import { asGuestReaches, guestNetwork } from "./guest-network.ts";
import type { Forwards } from "./forwards.ts";
import { folderConfig, guestFoldersPort } from "./shared-folders.ts";
import { issueCertificate } from "./issue-certificate.ts";

/** What the guest may ask of its host. `heed` is called with the machine's settings whenever they are read. */
export function guestRequests(
  host: Host,
  dir: MachineDir,
  config: MachineConfig,
  forwards: Pick<Forwards, "publish" | "connectFolders">,
  heed: (config: MachineConfig) => Promise<void>,
): Handlers<typeof hostMethods> {
  let lastGood = config;
  return {
    "config.get": async () => {
      // Read anew each time: what was changed is heard when the guest asks again. A file that somebody is just editing must
      // not cut the machine off; the next command says what is wrong with it.
      lastGood = await readMachineConfig(host, dir).catch(() => lastGood);
      const { engine, dynamicPorts, folders = [] } = lastGood;
      await heed(lastGood);
      const { proxy, authorities } = await readInherited(host, dir);
      // What somebody says of the engine itself counts more.
      const env = { ...proxiesBeside(engine?.env ?? {}, proxy), ...engine?.env };
      return {
        hostname: dir.name,
        // A disk that we made asks for it by itself. One that looks blank and does not ask is somebody's.
        dataDisk: { serial: "b2d-data", formatIfBlank: false },
        network: { ...guestNetwork, dns: [...guestNetwork.dns] },
        authorizedKeys: linesOf(await host.files.readText(dir.sshPublicKey)),
        authorities,
        folders: folderConfig(folders),
        engine: { daemon: engine?.daemon ?? {}, env },
        ...(dynamicPorts === undefined ? {} : { dynamicPorts }),
      };
    },
    "certificate.issue": ({ publicKeyPem }, signal) => issueCertificate(host, dir, publicKeyPem, signal),
    "folders.connect": async ({ sshHostKeys }) => {
      await forwards.connectFolders(sshHostKeys, guestFoldersPort);
      return {};
    },
    "names.resolve": async ({ name }) => ({ addresses: asGuestReaches(await host.network.lookup(name)) }),
    "ports.publish": async ({ ports }, signal) => ({ refused: await forwards.publish(ports, signal) }),
  };
}

/** Of two spellings of a variable Go programs take the one in capitals. */
function proxiesBeside(env: Record<string, string>, proxies: Record<string, string>): Record<string, string> {
  const given = new Set(Object.keys(env).map((name) => name.toUpperCase()));
  return Object.fromEntries(Object.entries(proxies).filter(([name]) => !given.has(name)));
}

function linesOf(text = ""): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
