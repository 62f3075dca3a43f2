import type { MachineDir } from "../machine-dir/dir.ts";
import type { Accelerator, VmSize, VmSpec } from "./driver.ts";

type Paths = Pick<
  MachineDir,
  "pid" | "channelSocket" | "agentMonitor" | "commandMonitor" | "consoleSocket" | "consoleLog"
>;

/** The machine model without what Docker never uses: each of these costs boot time. */
export const machineModel = "q35,sata=off,usb=off,smbus=off,i8042=off";

/**
 * `no_timer_check`: the kernel judges the IO-APIC by the ticks it gets within 10 ms of its first ones, and panics without.
 * An emulator whose host is busy delivers too few. Under KVM the kernel skips that test by itself.
 */
const kernelCommandLine = "console=ttyS0 quiet loglevel=3 random.trust_cpu=on no_timer_check panic=10";

/** Of the data disk, for who grows it. */
export const dataNode = "data";

/** Of the user-mode network; the port forwards refer to it. */
export const netdevId = "net0";

/**
 * One thread for all processors of an emulated guest: with one for each, QEMU may execute code that another processor has
 * just patched, and the guest's kernel dies of that. docs/adr/0009-emulation-in-one-thread.md
 */
function accelOption(accelerator: Accelerator): string {
  return accelerator === "tcg" ? "tcg,thread=single" : accelerator;
}

/** `max` under emulation: `host` needs hardware of the host's own kind. */
export function cpuModel(accelerator: Accelerator): string {
  return accelerator === "tcg" ? "max" : "host";
}

/**
 * Arguments of qemu-system-x86_64 7.2 or newer.
 *
 * No port forward is here: a port that is taken must not keep a machine from starting, and the agent adds them.
 */
export function qemuArgv(spec: VmSpec, accelerator: Accelerator, paths: Paths): string[] {
  return [
    ["-name", `boot2docker-${spec.name}`],
    ["-nodefaults", "-no-user-config", "-display", "none"],
    ["-pidfile", paths.pid],
    ["-machine", machineModel],
    ["-accel", accelOption(accelerator)],
    ["-cpu", cpuModel(accelerator)],
    ["-smp", String(spec.cpus), "-m", `${spec.memoryMiB}M`],
    ["-kernel", spec.kernelPath, "-initrd", spec.initrdPath, "-append", kernelCommandLine],
    rootDisk(spec.rootPath),
    dataDisk(spec.dataDiskPath),
    ["-netdev", `user,id=${netdevId}`, "-device", `virtio-net-pci,netdev=${netdevId},romfile=`],
    ["-object", "rng-builtin,id=rng0", "-device", "virtio-rng-pci,rng=rng0"],
    ["-device", "virtio-balloon-pci,free-page-reporting=on"],
    ["-device", "vmgenid,guid=auto"],
    // The agent decides what follows a panic, with the VM still there to be looked at.
    ["-device", "pvpanic-pci", "-action", "panic=pause"],
    ["-chardev", socket("channel", paths.channelSocket)],
    ["-device", "virtio-serial-pci", "-device", "virtserialport,chardev=channel,name=boot2docker.0"],
    ["-chardev", `${socket("console", paths.consoleSocket)},logfile=${escaped(paths.consoleLog)},logappend=on`],
    ["-serial", "chardev:console"],
    // A monitor serves one client: one is the agent's for as long as it lives, one is left for commands.
    ["-chardev", socket("qmp0", paths.agentMonitor), "-mon", "chardev=qmp0,mode=control"],
    ["-chardev", socket("qmp1", paths.commandMonitor), "-mon", "chardev=qmp1,mode=control"],
  ].flat();
}

/** Of a VM that `qemuArgv` has started. */
export function readVmSize(commandLine: string): VmSize | undefined {
  const [, cpus, memoryMiB] = / -smp (\d+) -m (\d+)M /.exec(commandLine) ?? [];
  return cpus === undefined ? undefined : { cpus: Number(cpus), memoryMiB: Number(memoryMiB) };
}

function rootDisk(path: string): string[] {
  const backend = { driver: "raw", "node-name": "root", "read-only": true, file: { driver: "file", filename: path } };
  return ["-blockdev", JSON.stringify(backend), "-device", "virtio-blk-pci,drive=root,serial=b2d-root"];
}

/** Cache mode writeback: the host's page cache, with the guest's flushes honoured. ADR 0005 says why. */
function dataDisk(path: string): string[] {
  const cache = { direct: false, "no-flush": false };
  const backend = {
    driver: "raw",
    "node-name": dataNode,
    discard: "unmap",
    "detect-zeroes": "unmap",
    cache,
    file: { driver: "file", filename: path, discard: "unmap", cache },
  };
  const device = "virtio-blk-pci,drive=data,serial=b2d-data,write-cache=on,discard=on,write-zeroes=on";
  return ["-blockdev", JSON.stringify(backend), "-device", device];
}

function socket(id: string, path: string): string {
  return `socket,id=${id},path=${escaped(path)},server=on,wait=off`;
}

/** A comma ends an option's value unless it is doubled. qemu-system-x86_64(1), -drive */
function escaped(path: string): string {
  return path.replaceAll(",", ",,");
}
