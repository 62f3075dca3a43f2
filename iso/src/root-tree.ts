import { lstatSync, readFileSync } from "node:fs";
import { architectures } from "./architecture.ts";
import { makeBusyboxImage } from "./busybox-image.ts";
import { listApplets, planApplets } from "./busybox.ts";
import { planCertificates } from "./certificates.ts";
import { expandPattern, findClosure, type PackageFile } from "./closure.ts";
import type { Ingredients } from "./ingredients.ts";
import { parseElf } from "./elf.ts";
import { renderOsRelease } from "./os-release.ts";
import { sourceOf } from "./package-files.ts";
import { readRootfs } from "./rootfs.ts";
import { directory, file, planTree, symlink, type Entry } from "./tree.ts";
import { emptyFolders, links, setuidPrograms, wantedFiles } from "./wanted.ts";

export interface RootInputs extends Ingredients {
  /** The built guest-init; absent in a root that is only for a look at the rest. */
  guestInit?: string;
  /** Folder of the files that are laid over it. */
  rootfs: string;
}

export interface RootTree {
  entries: Entry[];
  /** The files that came out of packages, for the bill of materials. */
  packaged: PackageFile[];
}

/** Everything that is in the root image. */
export async function makeRootTree(inputs: RootInputs, signal: AbortSignal): Promise<RootTree> {
  const architecture = architectures[inputs.architecture];
  const packaged = selectFiles(inputs);
  const busybox = sourceOf(inputs.files, "/usr/bin/busybox");
  const applets = await listApplets(busybox, signal);
  const image = await makeBusyboxImage({
    busybox: readFileSync(busybox),
    applets,
    version: inputs.busyboxVersion,
    goArchitecture: architecture.debian,
    epoch: inputs.epoch,
  });
  const own: Entry[] = [
    ...readRootfs(inputs.rootfs),
    ...inputs.kernel.modules,
    ...planCertificates(inputs.files),
    ...Object.entries(links).map(([path, target]) => symlink(path, target)),
    ...Object.entries(emptyFolders).map(([path, mode]) => directory(path, mode)),
    file("/usr/share/boot2docker/busybox-image.head", image.head),
    file("/usr/share/boot2docker/busybox-image.tail", image.tail),
    file("/usr/lib/os-release", renderOsRelease(inputs.version, inputs.dockerVersion)),
    symlink("/etc/os-release", "../usr/lib/os-release"),
    // A real file, because people mount it into containers (BLD-18).
    file("/etc/localtime", readFileSync(sourceOf(inputs.files, "/usr/share/zoneinfo/Etc/UTC"))),
  ];
  const programs = [...packaged, ...own].map(({ path }) => path).filter((path) => /^\/usr\/s?bin\//.test(path));
  const entries = [...own, ...packaged.map(toEntry), ...planApplets(applets, programs)];
  return { entries: planTree(entries), packaged: packaged.filter((one) => one.package !== "guest-init") };
}

function selectFiles(inputs: RootInputs): PackageFile[] {
  const { triplet, elfMachine } = architectures[inputs.architecture];
  const files = new Map(inputs.files);
  const roots = wantedFiles(triplet).flatMap((row) => {
    const paths = [...files.values()].filter((one) => one.package === row.package).map(({ path }) => path);
    return row.files.flatMap((pattern) => expandPattern(pattern, paths));
  });
  if (inputs.guestInit !== undefined) {
    const path = "/usr/bin/guest-init";
    files.set(path, { path, package: "guest-init", source: inputs.guestInit });
    roots.push(path);
  }
  const folders = Object.entries(links).filter(([path]) => path.lastIndexOf("/") === 0);
  return findClosure({
    files,
    roots,
    elfMachine,
    libraryFolders: [`/usr/lib/${triplet}`, "/usr/lib"],
    readElf: ({ source }) => parseElf(readFileSync(source)),
    resolveLinks: (path) => {
      const link = folders.find(([folder]) => path.startsWith(`${folder}/`));
      return link === undefined ? path : `/${link[1]}${path.slice(link[0].length)}`;
    },
  });
}

function toEntry({ path, source, target }: PackageFile): Entry {
  if (target !== undefined) return symlink(path, target);
  const { size, mode } = lstatSync(source);
  const setuid = setuidPrograms.has(path) ? 0o4000 : 0;
  return file(path, { file: source, sizeBytes: size }, (mode & 0o755) | setuid);
}
