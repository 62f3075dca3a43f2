import { expect, test } from "vitest";
import { machineDir } from "../machine-dir/dir.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import type { Accelerator, VmSpec } from "./driver.ts";
import { qemuArgv } from "./qemu-argv.ts";

const spec: VmSpec = {
  name: "m1",
  cpus: 2,
  memoryMiB: 1024,
  kernelPath: "/i/vmlinuz",
  initrdPath: "/i/initrd.img",
  rootPath: "/i/root.img",
  dataDiskPath: "/m/data.raw",
};

function argv(accelerator: Accelerator, changes: Partial<VmSpec> = {}, root = "/r"): string[] {
  const world = new FakeWorld();
  world.env["BOOT2DOCKER_DIR"] = root;
  return qemuArgv({ ...spec, ...changes }, accelerator, machineDir(world.host(), "m1"));
}

/** Values of an option, in order. */
function valuesOf(option: string, args: string[]): string[] {
  return args.filter((_, index) => args[index - 1] === option);
}

function blockdevs(args: string[]): Record<string, unknown>[] {
  return valuesOf("-blockdev", args).map((text) => JSON.parse(text) as Record<string, unknown>); // Our own text.
}

test.each<[Accelerator, string, string]>([
  ["kvm", "host", "kvm"],
  ["hvf", "host", "hvf"],
  ["tcg", "max", "tcg,thread=single"],
])("with %s the CPU is %s", (accelerator, cpu, option) => {
  expect(valuesOf("-accel", argv(accelerator))).toEqual([option]);
  expect(valuesOf("-cpu", argv(accelerator))).toEqual([cpu]);
});

test("no port is forwarded by the command line: a taken one must not keep a machine from starting", () => {
  expect(argv("tcg").join(" ")).not.toContain("hostfwd");
});

test("the root disk is read-only, the data disk is found by its serial and gives space back", () => {
  const args = argv("tcg");
  expect(blockdevs(args)).toMatchObject([
    { "node-name": "root", "read-only": true, file: { filename: "/i/root.img" } },
    {
      "node-name": "data",
      discard: "unmap",
      "detect-zeroes": "unmap",
      file: { filename: "/m/data.raw", discard: "unmap" },
    },
  ]);
  expect(valuesOf("-device", args)).toEqual(
    expect.arrayContaining([
      "virtio-blk-pci,drive=root,serial=b2d-root",
      expect.stringContaining("drive=data,serial=b2d-data,write-cache=on"),
    ]),
  );
});

test("flushes of the guest are honoured", () => {
  expect(blockdevs(argv("tcg"))[1]).toMatchObject({
    cache: { "no-flush": false },
    file: { cache: { "no-flush": false } },
  });
});

test("agent and commands have a monitor each: one serves a single client", () => {
  const monitors = valuesOf("-mon", argv("tcg"));
  expect(monitors).toEqual(["chardev=qmp0,mode=control", "chardev=qmp1,mode=control"]);
});

test("a comma in a path does not end the option", () => {
  const args = argv("tcg", { dataDiskPath: "/a,b/data.raw" }, "/a,b");
  expect(valuesOf("-chardev", args)[0]).toContain("path=/a,,b/machines/m1/channel.sock,server");
  expect(blockdevs(args)[1]).toMatchObject({ file: { filename: "/a,b/data.raw" } });
});
