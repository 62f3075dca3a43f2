import {
  describeContext,
  ensureContext,
  forgetContext,
  mayBecomeCurrent,
  useContext,
} from "../docker-context/docker-context.ts";
import { linkUsualSocket, unlinkUsualSocket } from "../docker-context/usual-socket.ts";
import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";

/**
 * Lets the docker client, and clients that know nothing of contexts, find the machine. Returns what is in the way there, which is
 * no reason for a machine not to run.
 */
export async function openClientAccess(host: Host, dir: MachineDir): Promise<UserError | undefined> {
  try {
    // Once: who goes back to another context means it.
    const isNew = !(await describeContext(host, dir)).isMade;
    if (isNew && (await mayBecomeCurrent(host, dir))) await useContext(host, dir);
    else await ensureContext(host, dir);
    await linkUsualSocket(host, dir);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error;
  }
}

/** Of a machine that is deleted. */
export async function closeClientAccess(host: Host, dir: MachineDir): Promise<void> {
  await unlinkUsualSocket(host, dir);
  await forgetContext(host, dir);
}
