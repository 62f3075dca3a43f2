import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import { defaultMachine, type MachineDir } from "../machine-dir/dir.ts";
import {
  type ContextFiles,
  contextFiles,
  readContext,
  readCurrent,
  removeContext,
  writeContext,
  writeCurrent,
} from "./store.ts";

/** Where an engine of this host itself would be. */
const nativeSocket = "/var/run/docker.sock";

export interface ContextFacts {
  name: string;
  endpoint: string;
  /** It is there, leads to the machine, and is its own. */
  isMade: boolean;
  /** There is one of that name, and boot2docker has not made it. */
  isForeign: boolean;
  /** A client that is not told another one uses it. */
  isCurrent: boolean;
  /** Variable of this environment that tells clients another one, whatever is current. */
  overruledBy?: string;
}

/** Also of the machine's entry in the settings of OpenSSH. */
export function contextName(machine: string): string {
  return machine === defaultMachine ? machine : `boot2docker-${machine}`;
}

const endpointOf = ({ dockerSocket }: MachineDir): string => `unix://${dockerSocket}`;

export async function describeContext(host: Host, dir: MachineDir): Promise<ContextFacts> {
  const name = contextName(dir.name);
  const files = await contextFiles(host, name);
  const found = await readContext(host, files);
  const endpoint = endpointOf(dir);
  const overruledBy = overrulingVariable(host, name);
  return {
    name,
    endpoint,
    isMade: found?.owner === dir.path && found.endpoint === endpoint,
    isForeign: found !== undefined && found.owner !== dir.path,
    isCurrent: (await readCurrent(host, files)) === name,
    ...(overruledBy === undefined ? {} : { overruledBy }),
  };
}

/** A docker client that is started here and now goes to this machine. */
export async function isActive(host: Host, dir: MachineDir, dockerPort: number): Promise<boolean> {
  const { DOCKER_HOST = "", DOCKER_CONTEXT = "" } = host.env;
  if (DOCKER_HOST !== "") return [`tcp://127.0.0.1:${dockerPort}`, endpointOf(dir)].includes(DOCKER_HOST);
  const { name, isMade, isCurrent } = await describeContext(host, dir);
  return isMade && (DOCKER_CONTEXT === "" ? isCurrent : DOCKER_CONTEXT === name);
}

/** The client takes DOCKER_HOST before DOCKER_CONTEXT, and both before what its settings say. */
function overrulingVariable({ env }: Host, name: string): string | undefined {
  if ((env["DOCKER_HOST"] ?? "") !== "") return "DOCKER_HOST";
  return ["", name].includes(env["DOCKER_CONTEXT"] ?? "") ? undefined : "DOCKER_CONTEXT";
}

/** Makes or repairs the machine's context. Throws UserError `context-foreign` when somebody else's has its name. */
export async function ensureContext(host: Host, dir: MachineDir): Promise<void> {
  const files = await ownFiles(host, dir);
  if ((await describeContext(host, dir)).isMade) return;
  const description = `boot2docker machine ${dir.name}`;
  await writeContext(host, files, {
    name: contextName(dir.name),
    description,
    owner: dir.path,
    endpoint: endpointOf(dir),
  });
}

/** Makes it, too. */
export async function useContext(host: Host, dir: MachineDir): Promise<void> {
  await ensureContext(host, dir);
  await writeCurrent(host, await ownFiles(host, dir), contextName(dir.name));
}

/** A client that has chosen nothing, on a host without an engine, can only mean this machine. */
export async function mayBecomeCurrent(host: Host, dir: MachineDir): Promise<boolean> {
  if (dir.name !== defaultMachine || (await host.files.stat(nativeSocket)) !== undefined) return false;
  if (overrulingVariable(host, contextName(dir.name)) !== undefined) return false;
  return (await readCurrent(host, await contextFiles(host, contextName(dir.name)))) === "default";
}

/** With what was chosen of it. Idempotent; what is not the machine's own stays. */
export async function forgetContext(host: Host, dir: MachineDir): Promise<void> {
  const name = contextName(dir.name);
  const files = await contextFiles(host, name);
  if ((await readContext(host, files))?.owner !== dir.path) return;
  if ((await readCurrent(host, files)) === name) await writeCurrent(host, files, "default");
  await removeContext(host, files);
}

async function ownFiles(host: Host, dir: MachineDir): Promise<ContextFiles> {
  const name = contextName(dir.name);
  const files = await contextFiles(host, name);
  const found = await readContext(host, files);
  if (found === undefined || found.owner === dir.path) return files;
  throw new UserError(
    `there is a docker context ${name} that is not of this machine: ${found.endpoint ?? files.meta}`,
    {
      code: "context-foreign",
      hint: `It was left as it is. Remove it with \`docker context rm ${name}\`, then: boot2docker context use ${dir.name}`,
    },
  );
}
