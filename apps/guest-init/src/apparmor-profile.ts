import { OS_RELEASE, OWN_DATA } from "./paths.ts";
import type { System } from "./system.ts";

/** Of dockerd, for containers: apparmor.d's docker-default. */
const PROFILE = "docker-default";
/** securityfs: apparmorfs.c of the kernel. */
const APPARMOR = "/sys/kernel/security/apparmor";
const KEPT = `${OWN_DATA}/state/apparmor`;
const LARGEST_BYTES = 1 << 20;

/**
 * dockerd has its profile compiled at each start, which takes 0.13 1-GIPS s, unless the kernel has one of that name: so it is given the one
 * that the same dockerd had compiled before the last shutdown. For a dockerd that is about to start. False when there is none.
 */
export async function loadKeptProfile({ files }: System): Promise<boolean> {
  if ((await findLoaded(files)) !== undefined) return false;
  const path = await pathOfKept(files);
  if ((await files.stat(path)) === undefined) return false;
  await files.set(`${APPARMOR}/.replace`, await files.readPart(path, 0, LARGEST_BYTES));
  return true;
}

/** For a dockerd that has become ready. */
export async function keepProfile({ files }: System): Promise<void> {
  const [loaded, path] = [await findLoaded(files), await pathOfKept(files)];
  if (loaded === undefined || (await files.stat(path)) !== undefined) return;
  const compiled = await files.readPart(`${loaded}/raw_data`, 0, LARGEST_BYTES);
  if (compiled.length === 0) return;
  await files.remove(KEPT);
  await files.write(path, compiled, { durable: true });
}

async function findLoaded(files: System["files"]): Promise<string | undefined> {
  const profiles = `${APPARMOR}/policy/profiles`;
  const name = (await files.list(profiles)).find((entry) => entry.startsWith(`${PROFILE}.`));
  return name === undefined ? undefined : `${profiles}/${name}`;
}

/** Another dockerd may have another profile, and another kernel another form of it. */
async function pathOfKept(files: System["files"]): Promise<string> {
  const version = /^VERSION_ID="?([^"\n]+)"?$/m.exec((await files.readText(OS_RELEASE)) ?? "")?.[1] ?? "";
  const kernel = (await files.readText("/proc/sys/kernel/osrelease"))?.trim() ?? "";
  const dockerd = (await files.stat("/usr/sbin/dockerd"))?.sizeBytes ?? 0;
  return `${KEPT}/${PROFILE}-${version}-${kernel}-${dockerd}`;
}
