import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";

/** The first with all the options that `qemuArgv` uses; what Debian 12 has. */
const oldest = { major: 7, minor: 2 };

const commands = [
  { ids: ["debian", "ubuntu"], command: "sudo apt-get install qemu-system-x86" },
  { ids: ["fedora", "rhel", "centos"], command: "sudo dnf install qemu-system-x86-core" },
  { ids: ["arch"], command: "sudo pacman -S qemu-system-x86" },
  { ids: ["suse", "opensuse"], command: "sudo zypper install qemu-x86" },
  { ids: ["alpine"], command: "sudo apk add qemu-system-x86_64" },
];

export async function qemuMissing(host: Host, program: string): Promise<UserError> {
  return new UserError(`${program} was not found on the search path`, {
    code: "qemu-missing",
    hint: `Install QEMU ${oldest.major}.${oldest.minor} or newer: ${await installCommand(host)}`,
  });
}

/** A version that can't be read counts as new: distributions invent their own. */
export function isTooOld(version: string): boolean {
  const [major = NaN, minor = NaN] = version.split(".").map(Number);
  return major < oldest.major || (major === oldest.major && minor < oldest.minor);
}

export function qemuTooOld(binary: string, version: string): UserError {
  return new UserError(`${binary} is QEMU ${version}; ${oldest.major}.${oldest.minor} or newer is needed`, {
    code: "qemu-too-old",
    hint: "Install a newer QEMU: the release before last of most distributions has one.",
  });
}

async function installCommand(host: Host): Promise<string> {
  switch (host.platform) {
    case "darwin":
      return "brew install qemu";
    case "win32":
      return "winget install SoftwareFreedomConservancy.QEMU";
    case "linux": {
      const ids = distributionIds((await host.files.readText("/etc/os-release")) ?? "");
      const row = commands.find((candidate) => candidate.ids.some((id) => ids.includes(id)));
      return row?.command ?? "it is called qemu-system-x86 or qemu in most distributions";
    }
  }
}

/** `ID` first, then `ID_LIKE`: os-release(5). */
export function distributionIds(osRelease: string): string[] {
  return ["ID", "ID_LIKE"].flatMap((key) => {
    const value = new RegExp(`^${key}=["']?([^"'\n]*)`, "m").exec(osRelease)?.[1] ?? "";
    return value.split(/\s+/).filter((word) => word !== "");
  });
}
