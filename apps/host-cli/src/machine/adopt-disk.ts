import * as z from "zod/mini";
import type { ErrorCode } from "../error-codes.ts";
import { exitCodes, UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { renderSize } from "../size.ts";
import { checkGrowth } from "./disk-care.ts";
import type { Progress } from "./machine.ts";
import { inRow } from "./row.ts";

/** As qemu-img(1) names them. */
type DiskFormat = "raw" | "qcow2" | "vmdk" | "vdi" | "vhdx" | "vpc";

const startBytes = 512;
/** No file system with images fits into less. */
const leastAdoptedBytes = 2 ** 24;

/** A disk of another machine, of which this one gets a copy. */
export interface AdoptedDisk {
  path: string;
  /** To which the copy grows; as large as it is when absent. */
  sizeBytes?: number;
}

/**
 * A copy of a disk that another machine has had becomes the data disk. The other one stays as it is. Throws UserError `disk-present`,
 * `disk-unreadable`, `disk-format`, `disk-shrinks` (exit 2), `host-disk-full`.
 */
export async function adoptDisk(
  host: Host,
  dir: MachineDir,
  { path, sizeBytes }: AdoptedDisk,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { files, processes } = host;
  if ((await files.stat(dir.dataDisk)) !== undefined) {
    throw refused(
      "disk-present",
      `there is a data disk already: ${dir.dataDisk}`,
      "Without --disk the machine is made of it; or move it away first.",
    );
  }
  const real = await files.realPath(path);
  const facts = await files.stat(real);
  if (facts?.kind !== "file")
    throw refused("disk-unreadable", `${path} is no file`, "Name the file of a disk that no machine uses now.");
  const allocated = facts.allocatedBytes;
  const free = await files.freeBytes(dir.path);
  if (allocated > free) {
    throw new UserError(`a copy of ${path} takes ${renderSize(allocated)}, ${dir.path} has ${renderSize(free)} free`, {
      code: "host-disk-full",
      hint: "Make room there, or set BOOT2DOCKER_DIR to a directory on a larger disk.",
    });
  }
  const format = diskFormat(await files.readPart(real, 0, startBytes));
  if (format === "descriptor") {
    throw refused(
      "disk-format",
      `${path} only names the files of a disk`,
      "Make one file of them first: qemu-img convert -O raw",
    );
  }
  if (format === "raw") {
    if (facts.sizeBytes < leastAdoptedBytes || (await isImageOfCd(host, real))) {
      throw refused(
        "disk-format",
        `${path} is no disk of a machine`,
        "docker-machine has it as disk.vmdk, beside its ISO.",
      );
    }
    if (sizeBytes !== undefined) checkGrowth(dir.name, facts.sizeBytes, sizeBytes);
  }
  const unnamed = `${dir.dataDisk}.new`;
  await files.remove(unnamed);
  await inRow(progress, `${path} copied`, async (update) => {
    if (format === "raw") {
      await files.copySparse(real, unnamed, (done, all) => update(`${Math.floor((100 * done) / all)} %`), signal);
      return;
    }
    const program = await processes.find("qemu-img");
    if (program === undefined) {
      throw refused(
        "disk-format",
        `${path} is a disk of the format ${format}: qemu-img is needed to read it`,
        "Install it: the package is qemu-utils on Debian, otherwise a part of QEMU.",
      );
    }
    await checkAlone(host, program, format, real, signal);
    const made = await processes.run(program, ["convert", "-f", format, "-O", "raw", real, unnamed], signal);
    if (made.code !== 0) throw unreadable(path, format, made.stderr);
  });
  if (sizeBytes !== undefined) {
    const copied = (await files.stat(unnamed))?.sizeBytes ?? 0;
    if (sizeBytes < copied) await files.remove(unnamed);
    checkGrowth(dir.name, copied, sizeBytes);
    await files.grow(unnamed, sizeBytes);
  }
  await files.rename(unnamed, dir.dataDisk);
}

/** By the mark of ISO 9660 behind its first 32 KiB. */
async function isImageOfCd({ files }: Host, path: string): Promise<boolean> {
  return new TextDecoder("latin1").decode(await files.readPart(path, 0x8001, 5)) === "CD001";
}

/** As far as it matters here, of `qemu-img info --output=json`. */
const Info = z.object({
  "backing-filename": z.optional(z.string()),
  "format-specific": z.optional(z.object({ data: z.optional(z.object({ "data-file": z.optional(z.string()) })) })),
});

/**
 * A disk can name another file that it is a difference to. Whoever had the machine can have written such a beginning: that would bring any
 * file of this user's into the next one.
 */
async function checkAlone(
  host: Host,
  program: string,
  format: DiskFormat,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const asked = await host.processes.run(program, ["info", "--output=json", "-f", format, path], signal);
  if (asked.code !== 0) throw unreadable(path, format, asked.stderr);
  const info = z.parse(Info, JSON.parse(asked.stdout));
  const other = info["backing-filename"] ?? info["format-specific"]?.data?.["data-file"];
  if (other === undefined) return;
  throw refused(
    "disk-format",
    `${path} is a part of a disk: it goes on in ${other}`,
    "If both are yours, make one of them first: qemu-img convert -O raw",
  );
}

function unreadable(path: string, format: DiskFormat, said: string): UserError {
  return refused(
    "disk-unreadable",
    `${path} can't be read as ${format}: ${said.trim()}`,
    "Is it whole, and used by nobody now?",
  );
}

/** By what such a file begins with. */
export function diskFormat(start: Uint8Array): DiskFormat | "descriptor" {
  const text = new TextDecoder("latin1").decode(start);
  if (text.startsWith("QFI\u00fb")) return "qcow2";
  if (text.startsWith("KDMV")) return "vmdk";
  if (text.startsWith("# Disk DescriptorFile")) return "descriptor";
  if (text.startsWith("vhdxfile")) return "vhdx";
  if (text.startsWith("conectix")) return "vpc";
  return text.slice(0x40, 0x44) === "\u007f\u0010\u00da\u00be" ? "vdi" : "raw";
}

function refused(code: ErrorCode, message: string, hint: string): UserError {
  return new UserError(message, { code, hint, exitCode: exitCodes.usage });
}
