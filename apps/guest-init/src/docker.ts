import * as z from "zod/mini";
import { DOCKER_SOCKET } from "./paths.ts";
import type { Network } from "./system.ts";

/** The few calls of the Engine API that the guest itself makes, over the unix socket. */
const Version = z.object({ Version: z.string() });
const LiveRestore = z.object({ LiveRestoreEnabled: z.boolean() });
const Running = z.object({ ContainersRunning: z.int() });

/** Resolves when the engine serves; fails when nothing listens. */
export async function pingEngine(network: Network, socketPath: string, signal: AbortSignal): Promise<void> {
  const { status } = await network.request(socketPath, { method: "GET", path: "/_ping" }, signal);
  if (status !== 200) throw new Error(`the engine answered its ping with status ${status}`);
}

export async function readEngineVersion(network: Network, signal: AbortSignal): Promise<string> {
  return (await get(network, "/version", Version, signal)).Version;
}

export async function isLiveRestoreOn(network: Network, signal: AbortSignal): Promise<boolean> {
  return (await get(network, "/info", LiveRestore, signal)).LiveRestoreEnabled;
}

export async function countRunningContainers(network: Network, signal: AbortSignal): Promise<number> {
  return (await get(network, "/info", Running, signal)).ContainersRunning;
}

/** `pieces` are files that make up what `docker save` wrote. */
export async function loadImage(
  network: Network,
  name: string,
  pieces: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const request = { method: "POST", path: "/images/load?quiet=1", bodyPaths: pieces } as const;
  const { status, body } = await network.request(DOCKER_SOCKET, request, signal);
  // A failure in the middle comes with status 200 and an `errorDetail` in the stream.
  if (status !== 200 || body.includes('"errorDetail"')) {
    throw new Error(`the engine refused the image ${name}: status ${status}, ${body.trim()}`);
  }
}

async function get<S extends z.ZodMiniType>(
  network: Network,
  path: string,
  schema: S,
  signal: AbortSignal,
): Promise<z.infer<S>> {
  const { status, body } = await network.request(DOCKER_SOCKET, { method: "GET", path }, signal);
  if (status !== 200) throw new Error(`GET ${path}: status ${status}, ${body.trim()}`);
  return z.parse(schema, JSON.parse(body));
}
