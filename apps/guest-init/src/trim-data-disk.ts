import type { System } from "./system.ts";

/** Tells the host which blocks are free, all at once; the mount option `discard` tells it of each deletion. */
export async function trimDataDisk(mountPoint: string, { processes }: System, signal: AbortSignal): Promise<number> {
  const { code, stdout, stderr } = await processes.run(["/usr/sbin/fstrim", "--verbose", mountPoint], signal);
  if (code !== 0) throw new Error(`fstrim ${mountPoint} ended with code ${String(code)}: ${stderr.trim()}`);
  const bytes = /\((\d+) bytes\) trimmed/.exec(stdout)?.[1];
  if (bytes === undefined) throw new Error(`fstrim said something else than it used to: ${stdout.trim()}`);
  return Number(bytes);
}
