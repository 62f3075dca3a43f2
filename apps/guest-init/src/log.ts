import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export type Fields = Readonly<Record<string, string | number | boolean>>;

/** A constant message and fields; no secrets. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

export interface LogFile extends Log {
  /** Goes on in this file, and takes along what was written so far unless that file is the same. */
  moveTo(path: string): void;
  /** Writes to no file any more: its file system is about to go. */
  detach(): void;
}

/**
 * Writes at once, so that the last lines before a death are there. Lines from before the first `moveTo` are kept in
 * memory. What is worse than a note is also said on the console, through the kernel's own log.
 */
export function openLog(now: () => Date): LogFile {
  let path: string | undefined;
  let early = "";
  let isLosing = false;
  const write = (level: keyof Log, message: string, fields: Fields = {}): void => {
    const line = formatLine(now(), level, message, fields);
    if (path === undefined) early += line;
    else append(path, line);
    if (level !== "info") sayOnConsole(level, line);
  };
  /** A full or damaged disk must not be the end of this program: without the log it is still of use. */
  const append = (file: string, text: string): void => {
    try {
      appendFileSync(file, text);
      isLosing = false;
    } catch (error) {
      if (!isLosing) sayOnConsole("error", `${now().toISOString()} cannot write ${file}: ${String(error)}\n`);
      isLosing = true;
    }
  };
  return {
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    moveTo(next) {
      if (next === path) return;
      mkdirSync(dirname(next), { recursive: true });
      if (!existsSync(next)) writeFileSync(next, "", { mode: 0o640 });
      if (path !== undefined) early = existsSync(path) ? readFileSync(path, "utf8") : "";
      append(next, early);
      if (path !== undefined) rmSync(path, { force: true });
      early = "";
      path = next;
    },
    detach() {
      path = undefined;
    },
  };
}

/** `2026-11-23T10:00:00.000Z info phase done phase=network durationMs=12` */
export function formatLine(at: Date, level: string, message: string, fields: Fields): string {
  const pairs = Object.entries(fields).map(([key, value]) => {
    const text = String(value);
    return ` ${key}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
  });
  return `${at.toISOString()} ${level} ${message}${pairs.join("")}\n`;
}

function sayOnConsole(level: "warn" | "error", line: string): void {
  try {
    // <N> is the kernel's log level (dev/kmsg of the kernel's ABI documentation); a console at loglevel=3 shows up to 2.
    appendFileSync("/dev/kmsg", `<${level === "error" ? 2 : 4}>guest-init: ${line.slice(25)}`);
  } catch {
    // No /dev/kmsg (a container, a test): the file has the line already.
  }
}
