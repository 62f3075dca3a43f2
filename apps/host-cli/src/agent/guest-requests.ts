import type { Handlers, hostMethods } from "@boot2docker/protocol";
import type { Host } from "../host.ts";
import { type MachineConfig, readMachineConfig } from "../machine-dir/config-file.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { issueGuestCertificate } from "../tls/ca.ts";

/** QEMU's user-mode network always looks like this: qemu-system-x86_64(1), -netdev user. */
const network = { mode: "static", address: "10.0.2.15/24", gateway: "10.0.2.2", dns: ["10.0.2.3"] } as const;

/** What the guest may ask of its host. */
export function guestRequests(host: Host, dir: MachineDir, config: MachineConfig): Handlers<typeof hostMethods> {
  let lastGood = config;
  return {
    "config.get": async () => {
      // Read anew each time: what was changed is heard when the guest asks again. A file that somebody is just editing must
      // not cut the machine off; the next command says what is wrong with it.
      lastGood = await readMachineConfig(host, dir).catch(() => lastGood);
      const { engine } = lastGood;
      return {
        hostname: dir.name,
        // A disk that we made asks for it by itself. One that looks blank and does not ask is somebody's.
        dataDisk: { serial: "b2d-data", formatIfBlank: false },
        network: { ...network, dns: [...network.dns] },
        authorizedKeys: linesOf(await host.files.readText(dir.sshPublicKey)),
        ...(engine === undefined ? {} : { engine }),
      };
    },
    "certificate.issue": ({ publicKeyPem }) => issueGuestCertificate(host, dir, publicKeyPem),
  };
}

function linesOf(text = ""): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
