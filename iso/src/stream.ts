import { join } from "node:path";
import { runTool } from "@boot2docker/debian";

/** Compresses the root as one solid stream, the way it is shipped. */
export async function compressStream(
  root: string,
  output: string,
  quick: boolean,
  signal: AbortSignal,
): Promise<{ name: string; compression: "xz" | "zstd" }> {
  const level = quick ? ["-1"] : ["--ultra", "-22", "--long=27"];
  const name = "root.img.zst";
  const args = [...level, "--single-thread", "--no-progress", "-q", "-f", "-o", join(output, name), root];
  await runTool({ command: "zstd", package: "zstd" }, args, {}, signal);
  return { name, compression: "zstd" };
}
