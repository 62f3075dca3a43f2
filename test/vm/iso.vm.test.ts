import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { imageFolder } from "../harness/machine.ts";

/** The ISO as anybody may use it: a plain PC with a CD drive, BIOS, no host command and no disk. */
test("the ISO boots as a CD under BIOS, and dockerd answers in it", async () => {
  const manifest = JSON.parse(readFileSync(join(imageFolder, "manifest.json"), "utf8")) as {
    files: { iso: { name: string } };
  };
  const iso = join(imageFolder, manifest.files.iso.name);
  const vm = spawn(
    "qemu-system-x86_64",
    [
      "-machine",
      "pc",
      "-accel",
      "tcg",
      "-cpu",
      "max",
      "-m",
      "2048",
      "-smp",
      "2",
      "-display",
      "none",
      "-no-reboot",
    ].concat(["-cdrom", iso, "-serial", "stdio", "-netdev", "user,id=n0", "-device", "virtio-net-pci,netdev=n0"]),
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  try {
    const console = new Console(vm.stdout);
    // Without a host nobody answers the guest: it says what it is, on the console, and Docker is there for its owner.
    await console.waitFor(/boot2docker: (degraded|ready)/, 200_000);
    vm.stdin.write("\n");
    await console.waitFor(/# $/, 20_000);
    vm.stdin.write("docker version --format 'engine={{.Server.Version}}'; cat /proc/mounts | grep ' / '\n");
    expect(await console.waitFor(/engine=28\.\S+/, 60_000)).toMatch(/engine=28/);
  } finally {
    vm.kill("SIGKILL");
    await once(vm, "exit");
  }
});

class Console {
  #text = "";
  readonly #stream: NodeJS.ReadableStream;
  constructor(stream: NodeJS.ReadableStream) {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => {
      this.#text += chunk.toString("utf8");
    });
  }

  /** Resolves with all that was printed when it matches; fails with it after `limitMs`. */
  async waitFor(pattern: RegExp, limitMs: number): Promise<string> {
    const limit = AbortSignal.timeout(limitMs);
    while (!pattern.test(this.#text)) {
      try {
        await once(this.#stream, "data", { signal: limit });
      } catch (cause) {
        throw new Error(`the console never showed ${String(pattern)}:\n${this.#text}`, { cause });
      }
    }
    return this.#text;
  }
}
