import type { Host } from "../host.ts";

/** The decoder is loaded only here: it brings a WebAssembly module. Its window is at most 64 MiB (ADR 0004). */
export const decompressXz: Host["decompressXz"] = async function* (chunks) {
  const { XzReadableStream } = await import("./xz-decoder.ts");
  yield* new XzReadableStream(ReadableStream.from(chunks));
};
