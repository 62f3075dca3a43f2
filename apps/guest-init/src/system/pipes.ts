import { once } from "node:events";
import { closeSync, constants, openSync, rmSync, writeSync } from "node:fs";
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
        if (isCode(error, "ENXIO") || isCode(error, "ENOENT")) return false;
        throw error;
      }
    },
  };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
