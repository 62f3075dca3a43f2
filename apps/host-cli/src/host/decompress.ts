import { pipeline, Readable } from "node:stream";
import { constants, createZstdDecompress } from "node:zlib";
import type { Host } from "../host.ts";

/** Of the longest window that an image may be packed with: 128 MiB. zstd(1), --long */
const windowLog = 27;

export const decompress: Host["decompress"] = (format, chunks) => {
  switch (format) {
    case "zstd": {
      const decoder = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: windowLog } });
      // An error of either reaches who reads the decoder.
      return pipeline(Readable.from(chunks), decoder, () => undefined);
    }
    case "xz":
      return unpackXz(chunks);
  }
};

/** The decoder is loaded only here: it brings a WebAssembly module. */
async function* unpackXz(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const { XzReadableStream } = await import("./xz-decoder.ts");
  yield* new XzReadableStream(ReadableStream.from(chunks));
}
