/** Files of one Debian package that the image has for a reason. Libraries come by themselves (`closure.ts`). */
export interface Wanted {
  package: string;
  /** Paths; a last `*` stands for any rest of a name, a last `/` for all that is in the folder. */
  files: readonly string[];
  why: string;
}

/** What is on board. `triplet` is the architecture's library folder. */
export function wantedFiles(triplet: string): readonly Wanted[] {
  const libraries = `/usr/lib/${triplet}`;
  return [
    { package: "docker.io", files: ["/usr/sbin/dockerd", "/usr/sbin/docker-proxy"], why: "the engine" },
    { package: "docker-cli", files: ["/usr/bin/docker"], why: "the client, for people inside the machine" },
    {
      package: "containerd",
      files: ["/usr/bin/containerd", "/usr/bin/containerd-shim-runc-v2"],
      why: "runs containers for dockerd",
    },
    { package: "runc", files: ["/usr/sbin/runc"], why: "starts containers" },
    { package: "tini-static", files: ["/usr/bin/tini-static"], why: "docker run --init; dockerd warns without it" },
    {
      package: "iptables",
      files: ["/usr/sbin/xtables-nft-multi", "/usr/sbin/*-nft*", `${libraries}/xtables/`],
      why: "dockerd programs its networks with it; the extensions are loaded by name",
    },
    { package: "netbase", files: ["/etc/protocols", "/etc/services"], why: "names of protocols, for iptables" },
    { package: "pigz", files: ["/usr/bin/pigz", "/usr/bin/unpigz"], why: "dockerd unpacks layers with it in parallel" },
    { package: "xz-utils", files: ["/usr/bin/xz", "/usr/bin/unxz"], why: "dockerd runs it on .tar.xz imports" },
    {
      package: "apparmor",
      files: [
        "/usr/sbin/apparmor_parser",
        "/usr/share/apparmor-features/features",
        "/etc/apparmor/parser.conf",
        "/etc/apparmor.d/abi/",
        "/etc/apparmor.d/tunables/",
        "/etc/apparmor.d/abstractions/",
      ],
      why: "dockerd loads its default profile with it, which includes these",
    },
    {
      package: "e2fsprogs",
      files: ["/usr/sbin/mke2fs", "/usr/sbin/mkfs.ext4", "/usr/sbin/e2fsck", "/usr/sbin/fsck.ext4", "/etc/mke2fs.conf"],
      why: "makes and repairs the data disk",
    },
    {
      package: "e2fsprogs",
      files: ["/usr/sbin/resize2fs", "/usr/sbin/tune2fs", "/usr/sbin/dumpe2fs", "/usr/sbin/e2label"],
      why: "grows, labels and shows the data disk",
    },
    {
      package: "util-linux",
      files: [
        "/usr/sbin/blkid",
        "/usr/sbin/fstrim",
        "/usr/sbin/blkdiscard",
        "/usr/sbin/wipefs",
        "/usr/bin/lsblk",
        "/usr/bin/findmnt",
        "/usr/bin/nsenter",
        "/usr/bin/unshare",
        "/usr/bin/dmesg",
        "/usr/bin/flock",
      ],
      why: "disks and namespaces; busybox's know less",
    },
    {
      package: "mount",
      files: ["/usr/bin/mount", "/usr/bin/umount", "/usr/sbin/losetup", "/usr/sbin/swapon", "/usr/sbin/swapoff"],
      why: "mount propagation, overlay options and helpers, which busybox's lacks",
    },
    {
      package: "kmod",
      files: ["/usr/bin/kmod", "/usr/bin/lsmod", "/usr/sbin/*mod", "/usr/sbin/modprobe", "/usr/sbin/modinfo"],
      why: "the kernel asks /sbin/modprobe for modules",
    },
    { package: "dropbear-bin", files: ["/usr/sbin/dropbear", "/usr/bin/dropbearkey"], why: "the ssh server" },
    {
      package: "openssh-sftp-server",
      files: ["/usr/lib/openssh/sftp-server", "/usr/lib/sftp-server"],
      why: "file transfer; dropbear starts it by the second name",
    },
    { package: "busybox-static", files: ["/usr/bin/busybox"], why: "PID 1, the initrd and the small tools" },
    { package: "bash", files: ["/usr/bin/bash"], why: "login shell, as the ancestors had since 1.9 (SYS-08)" },
    {
      package: "ncurses-base",
      files: ["a/ansi", "d/dumb", "l/linux", "s/screen*", "t/tmux*", "v/vt100", "v/vt102", "v/vt220", "x/xterm*"].map(
        (name) => `/usr/share/terminfo/${name}`,
      ),
      why: "the terminals that people come with",
    },
    {
      package: "procps",
      files: ["/usr/bin/ps", "/usr/bin/top", "/usr/bin/free", "/usr/bin/pgrep", "/usr/bin/pkill", "/usr/sbin/sysctl"],
      why: "docker top runs ps -ef, which busybox's does not know",
    },
    {
      package: "iproute2",
      files: ["/usr/bin/ip", "/usr/sbin/ip", "/usr/sbin/bridge", "/usr/share/iproute2/"],
      // Without `ss`: it would bring Kerberos; busybox has netstat.
      why: "people look at container networks with it",
    },
    {
      package: "sudo",
      files: ["/usr/bin/sudo", "/usr/libexec/sudo/sudoers.so", "/usr/libexec/sudo/sudo_noexec.so"],
      why: "the user docker is root without a password (USR-03)",
    },
    { package: "libpam-modules", files: [`${libraries}/security/pam_permit.so`], why: "sudo's only PAM module" },
  ];
}

/** Packages that only bring what the files above load: the closure takes from them by library name. */
export const libraryPackages: readonly string[] = [
  "libapparmor1",
  "libaudit1",
  "libblkid1",
  "libbpf1",
  "libc6",
  "libcap-ng0",
  "libcap2",
  "libcom-err2",
  "libcrypt1",
  "libelf1t64",
  "libext2fs2t64",
  "libgcc-s1",
  "libgmp10",
  "libip4tc2",
  "libip6tc2",
  "libkmod2",
  "liblzma5",
  "libmnl0",
  "libmount1",
  "libncursesw6",
  "libnetfilter-conntrack3",
  "libnfnetlink0",
  "libnftnl11",
  "libpam0g",
  "libpcre2-8-0",
  "libproc2-1",
  "libseccomp2",
  "libselinux1",
  "libsmartcols1",
  "libss2",
  "libssl3t64",
  "libstdc++6",
  "libsystemd0",
  "libtinfo6",
  "libtomcrypt1",
  "libtommath1",
  "libudev1",
  "libuuid1",
  "libxtables12",
  "libzopfli1",
  "libzstd1",
  "zlib1g",
];

/** Packages whose files the build itself reads: certificates, the time zone, the boot loader of the ISO. */
export const ingredientPackages: readonly string[] = ["ca-certificates", "isolinux", "syslinux-common", "tzdata"];

/** Links beside the programs, as Debian's alternatives and maintainer scripts would make them. */
export const links: Readonly<Record<string, string>> = {
  "/bin": "usr/bin",
  "/sbin": "usr/sbin",
  "/lib": "usr/lib",
  "/lib64": "usr/lib64",
  // bash, because in busybox's shell an applet wins over the program of the same name.
  "/usr/bin/sh": "bash",
  "/usr/bin/docker-init": "tini-static",
  "/usr/sbin/iptables": "xtables-nft-multi",
  "/usr/sbin/iptables-save": "xtables-nft-multi",
  "/usr/sbin/iptables-restore": "xtables-nft-multi",
  "/usr/sbin/ip6tables": "xtables-nft-multi",
  "/usr/sbin/ip6tables-save": "xtables-nft-multi",
  "/usr/sbin/ip6tables-restore": "xtables-nft-multi",
  "/usr/sbin/ebtables": "xtables-nft-multi",
  "/usr/sbin/arptables": "xtables-nft-multi",
  "/etc/mtab": "/proc/self/mounts",
  "/var/run": "/run",
  "/var/lock": "/run/lock",
};

/**
 * What lies first in the root, in this order. A compressor finds what files share only when they are near one another;
 * the programs written in Go share a lot (5 % of the whole download).
 */
export const packedFirst: readonly string[] = [
  "/usr/bin/containerd",
  "/usr/bin/containerd-shim-runc-v2",
  "/usr/bin/docker",
  "/usr/sbin/dockerd",
  "/usr/sbin/docker-proxy",
  "/usr/sbin/runc",
];

/** What lies last: it changes more often than all the rest, which need not be compressed again then. */
export const packedLast: ReadonlySet<string> = new Set(["/usr/bin/guest-init"]);

/** Programs that run as root whoever starts them. All other set-uid bits of the packages are dropped. */
export const setuidPrograms: ReadonlySet<string> = new Set(["/usr/bin/sudo"]);

/** Empty folders: mount points, and what is made writable at boot. Mode where it is not 0755. */
export const emptyFolders: Readonly<Record<string, number>> = {
  "/dev": 0o755,
  "/etc/dropbear": 0o755,
  "/home": 0o755,
  "/media": 0o755,
  "/mnt/data": 0o755,
  "/opt": 0o755,
  "/proc": 0o555,
  "/root": 0o700,
  "/run": 0o755,
  "/srv": 0o755,
  "/sys": 0o555,
  "/tmp": 0o1777,
  "/usr/local/bin": 0o755,
  "/usr/local/sbin": 0o755,
  "/var/lib/boot2docker": 0o755,
  "/var/lib/containerd": 0o755,
  "/var/lib/docker": 0o755,
  "/var/log": 0o755,
  "/var/tmp": 0o1777,
};
