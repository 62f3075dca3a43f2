import type { LogFile } from "../log.ts";

/** Says nothing, keeps nothing. */
export const silentLog: LogFile = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  moveTo: () => undefined,
  detach: () => undefined,
};
