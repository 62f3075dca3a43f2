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
import type { Progress } from "./machine.ts";

/**
 * Lets the docker client, and clients that know nothing of contexts, find the machine. What is in the way there is told, and is no
 * reason for a machine not to run.
 */
export async function openClientAccess(host: Host, dir: MachineDir, progress: Progress): Promise<void> {
  try {
    // Once: who goes back to another context means it.
    const isNew = !(await describeContext(host, dir)).isMade;
    if (isNew && (await mayBecomeCurrent(host, dir))) await useContext(host, dir);
    else await ensureContext(host, dir);
    await linkUsualSocket(host, dir);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    progress.begin("docker context").fail(`${error.message}${error.hint === undefined ? "" : `. ${error.hint}`}`);
  }
}

/** Of a machine that is deleted. */
export async function closeClientAccess(host: Host, dir: MachineDir): Promise<void> {
  await unlinkUsualSocket(host, dir);
  await forgetContext(host, dir);
}
