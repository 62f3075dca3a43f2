import type { Files } from "./system.ts";

const LARGEST_BYTES = 256 * 1024;

/** Of a file that anybody may have written. Undefined when there is none; fails when it is no file, or too large. */
export async function readBounded(path: string, files: Pick<Files, "stat" | "readText">): Promise<string | undefined> {
  const facts = await files.stat(path);
  if (facts === undefined) return undefined;
  if (facts.kind !== "file") throw new Error("it is no file");
  if (facts.sizeBytes > LARGEST_BYTES) throw new Error("the file is too large");
  return files.readText(path);
}
