import { once } from "node:events";
import { closeSync, constants, openSync, readSync, rmSync, writeSync } from "node:fs";
import type { Pipes } from "../system.ts";
import type { Native } from "./native.ts";
import { openPolled } from "./poll-handle.ts";

const LONGEST_LINE = 4096; // PIPE_BUF: what is not longer is written as a whole. pipe(7)

export function openPipes(native: Pick<Native, "makePipe">): Pipes {
  return {
    async listen(path, onLine) {
      rmSync(path, { force: true });
      native.makePipe(path);
      // To write, too: otherwise it would end with the first who wrote.
      const pipe = openPolled(path, "rw");
      pipe.setEncoding("utf8");
      let rest = "";
      pipe.on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = (lines.pop() ?? "").slice(0, LONGEST_LINE);
        for (const line of lines) onLine(line);
      });
    },
    async released(path) {
      try {
        const pipe = openPolled(path, "r");
        const closed = once(pipe, "close");
        pipe.resume();
        // The kernel tells the end only to who has seen a writer: pipe(7).
        if (hasNoWriter(path)) pipe.destroy();
        await closed;
      } catch (error) {
        if (!isCode(error, "ENOENT")) throw error;
      }
    },
    async tell(path, line) {
      try {
        const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
        try {
          writeSync(fd, `${line.replaceAll("\n", " ").slice(0, LONGEST_LINE - 1)}\n`);
          return true;
        } finally {
          closeSync(fd);
        }
      } catch (error) {
        // ENXIO: nobody reads. open(2)
        if (isCode(error, "ENXIO") || isCode(error, "ENOENT") || isCode(error, "EPIPE")) return false;
        throw error;
      }
    },
  };
}

function hasNoWriter(path: string): boolean {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readSync(fd, new Uint8Array(1)) === 0;
  } catch (error) {
    if (isCode(error, "EAGAIN")) return false;
    throw error;
  } finally {
    closeSync(fd);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
