import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must } from "../harness/run.ts";
import { serveDisk } from "./block-server.ts";
import { Image, WriteLog } from "./write-log.ts";

const sizeBytes = 8 << 20;

test("QEMU's own client reads back what it wrote, and each flush is in the log behind what it is about", async () => {
  const folder = mkdtempSync(join(tmpdir(), "b2d-nbd-test-"));
  const disk = join(folder, "disk");
  writeFileSync(disk, "");
  truncateSync(disk, sizeBytes);
  const image = new Image(disk);
  const log = new WriteLog(join(folder, "log"), "create");
  try {
    {
      await using server = await serveDisk(join(folder, "nbd.sock"), image, log);
      const commands = [
        "write -P 0xaa 0 3M",
        "flush",
        "write -P 0xbb 1M 4k",
        "write -z 2M 64k",
        "read -P 0xaa 0 1M",
        "read -P 0xbb 1M 4k",
        "read -P 0 2M 64k",
        "read -P 0xaa 2162688 64k",
      ];
      const argv = [
        "-f",
        "raw",
        ...commands.flatMap((text) => ["-c", text]),
        `nbd+unix:///?socket=${server.socketPath}`,
      ];
      expect(await must("qemu-io", argv)).not.toMatch(/fail|error/i);
    }
    const kinds = [...log.entries()].map((entry) =>
      entry.kind === "write" ? `write ${String(entry.offset)} ${String(entry.data.length)}` : entry.kind,
    );
    expect(kinds.indexOf("flush")).toBeGreaterThan(kinds.indexOf("write 0 3145728"));
    expect(kinds.indexOf("write 1048576 4096")).toBeGreaterThan(kinds.indexOf("flush"));
    expect(kinds).toContain("zero");
    expect(readFileSync(disk)).toHaveLength(sizeBytes);
  } finally {
    image.close();
    log.close();
    rmSync(folder, { recursive: true });
  }
});
