import { ENGINE_CONFIG_FILE } from "../paths.ts";
import { extSuperblock } from "./ext-superblock.ts";
import type { FakeSystem } from "./fake-system.ts";

export const DISK_BYTES = 2 * 1024 * 1024;
/** Of its ssh server, public half. */
export const SSH_KEY = "ssh-ed25519 AAAA";

/** Makes of it a machine with a blank data disk. */
export function addBlankDisk({ content }: FakeSystem): void {
  content.set("/sys/block/vda/serial", "b2d-data\n");
  content.set("/sys/block/vda/size", `${DISK_BYTES / 512}\n`);
  content.set("/dev/vda", new Uint8Array(DISK_BYTES));
  content.set("/sys/class/net/eth0/device/vendor", "");
  content.set("/proc/sys/kernel/random/boot_id", "boot-1\n");
  content.set("/proc/cmdline", "console=ttyS0\n");
  content.set("/dev/ttyS0", "");
}

/** Everything works on it. */
export function equip(on: FakeSystem): void {
  on.isObedient = true;
  on.onStart = ({ argv }) => {
    if (argv.includes("udhcpc")) on.content.set("/run/guest-init/dhcp-bound", "");
  };
  on.programs.set("/usr/sbin/blkid", { code: 2, stdout: "", stderr: "" });
  on.programs.set("/usr/bin/dropbearkey -y", { code: 0, stdout: `${SSH_KEY} comment\n`, stderr: "" });
  const { files, processes } = on;
  on.processes = {
    ...processes,
    run: async (argv) => {
      if (argv[0] === "/usr/sbin/mkfs.ext4") {
        const disk = new Uint8Array(DISK_BYTES);
        disk.set(extSuperblock({ blocks: DISK_BYTES / 4096 }));
        on.content.set("/dev/vda", disk);
        on.content.set("/sys/class/block/vda/size", String(DISK_BYTES / 512));
      }
      return processes.run(argv);
    },
  };
  on.files = {
    ...files,
    // What dropbearkey would have made.
    readPart: async (path, offset, maxBytes) =>
      path === "/run/guest-init/ssh/key" ? new Uint8Array(8) : files.readPart(path, offset, maxBytes),
  };
  on.certificates.set("certificate for public half of new private key", {
    fingerprint: "AB:CD",
    matchesKey: true,
    signedByCa: true,
    validFrom: new Date("2026-01-01"),
    validTo: new Date("2036-01-01"),
    names: ["DNS:localhost", "IP Address:127.0.0.1"],
  });
  for (const name of ["/run/containerd/containerd.sock", "/run/docker.sock", "22"]) on.listening.add(name);
  on.engine.set("GET /_ping", { status: 200, body: "OK" });
  on.engine.set("GET /version", { status: 200, body: '{"Version":"28.5.2"}' });
  // It reloads at once.
  on.engine.set("GET /info", () => {
    const file = JSON.parse(String(on.content.get(ENGINE_CONFIG_FILE))) as Record<string, unknown>;
    return { status: 200, body: JSON.stringify({ LiveRestoreEnabled: file["live-restore"], ContainersRunning: 0 }) };
  });
}
