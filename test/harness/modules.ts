import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

/**
 * Kernel features that users of the ancestors lost when somebody trimmed the kernel, by the row that tells the story.
 * Built in or a module, `modprobe` knows each by this name.
 */
const askedFor = {
  "KRN-30": ["fuse"],
  "KRN-31": ["autofs4"],
  "KRN-32": ["ipvlan", "macvlan"],
  "KRN-34": ["9p", "9pnet_virtio"],
  "KRN-35": ["ip_vs", "ip_vs_rr", "xt_ipvs"],
  "KRN-37": ["sctp", "vsock", "binfmt_misc", "nfsv4", "cifs"],
  "KRN-39": ["nf_tables", "virtiofs"],
  "KRN-40": [
    "tun",
    "squashfs",
    "xt_REDIRECT",
    "sch_netem",
    "ip_set",
    "xt_set",
    "iptable_raw",
    "iptable_mangle",
    "virtio_rng",
  ],
  swarm: ["vxlan", "esp4", "xfrm_user", "seqiv", "gcm"],
  storage: ["nvme", "nbd", "zram", "dm_crypt", "dm_thin_pool", "dm_verity", "btrfs", "overlay"],
} as const;

/** The modules that were built, and all that somebody once missed. */
export function moduleList(): string[] {
  const kernel = dirname(createRequire(import.meta.url).resolve("@boot2docker/kernel/package.json"));
  const built = readdirSync(join(kernel, "dist", "modules"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ko"))
    .map((file) => basename(file, ".ko"));
  return [...new Set([...built, ...Object.values(askedFor).flat()])];
}
