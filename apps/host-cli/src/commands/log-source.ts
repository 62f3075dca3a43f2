import type { Files } from "../host.ts";
import type { AgentLine } from "./agent-line.ts";

/** The logs that the guest keeps, and those that are files on this host. */
export const guestLogs = ["guest-init", "containerd", "dockerd", "sshd", "kernel"] as const;
export const hostLogs = ["console", "agent"] as const;
export type GuestLog = (typeof guestLogs)[number];
export type LogName = GuestLog | (typeof hostLogs)[number];
export const logNames: readonly LogName[] = [...guestLogs, ...hostLogs];

/** A log that grows at its end; one that became shorter was begun anew and is read from its start. */
export interface LogSource {
  /**
   * A piece from `offset` on, in bytes; a negative one counts from the end. No text: there is no more yet. `nextOffset`
   * is where the next piece starts.
   */
  read(offset: number, signal: AbortSignal): Promise<{ text: string; nextOffset: number }>;
  /** Of one that can be away: whether it will come back. */
  isOn?(): Promise<boolean>;
  onAway?(): void;
}

const pieceBytes = 64 * 1024;

export function guestLog(line: AgentLine, service: GuestLog): LogSource {
  return {
    read: (offset) =>
      line.ask((agent, limit) => agent.call("logs.read", { service, offset, maxBytes: pieceBytes }, limit)),
    isOn: () => line.isOn(),
    onAway: () => line.onAway(),
  };
}

export function hostLog(files: Pick<Files, "stat" | "readPart">, path: string): LogSource {
  return {
    async read(offset) {
      const size = (await files.stat(path))?.sizeBytes ?? 0;
      const wanted = offset < 0 ? Math.max(0, size + offset) : offset;
      const from = wanted > size ? 0 : wanted;
      const bytes = await files.readPart(path, from, pieceBytes);
      // Whole lines, so that no character is cut in two; at the end all that is there.
      const lineEnd = bytes.lastIndexOf(0x0a) + 1;
      const used = lineEnd === 0 || from + bytes.byteLength >= size ? bytes : bytes.subarray(0, lineEnd);
      return { text: new TextDecoder().decode(used), nextOffset: from + used.byteLength };
    },
  };
}
