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
  const problems = [await problemOf(() => openContext(host, dir)), await problemOf(() => linkUsualSocket(host, dir))];
  return problems.find((problem) => problem !== undefined);
}

async function openContext(host: Host, dir: MachineDir): Promise<void> {
  // Once: who goes back to another context means it.
  const isNew = !(await describeContext(host, dir)).isMade;
  if (isNew && (await mayBecomeCurrent(host, dir))) await useContext(host, dir);
  else await ensureContext(host, dir);
}

/** Of a machine that is deleted. Returns what could not be removed. */
export async function closeClientAccess(host: Host, dir: MachineDir): Promise<UserError | undefined> {
  const problems = [
    await problemOf(() => unlinkUsualSocket(host, dir)),
    await problemOf(() => forgetContext(host, dir)),
  ];
  return problems.find((problem) => problem !== undefined);
}

export async function problemOf(work: () => Promise<unknown>): Promise<UserError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    if (!(error instanceof Error && "code" in error)) throw error;
    return new UserError(error.message, { code: "client-access", cause: error });
  }
}
