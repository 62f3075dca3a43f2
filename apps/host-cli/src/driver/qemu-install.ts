import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";

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
    hint: `Install QEMU 7.2 or newer: ${await installCommand(host)}`,
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
