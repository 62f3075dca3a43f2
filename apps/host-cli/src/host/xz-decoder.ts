import xz from "xz-decompress";

/** A file of its own, so that the bundler splits it off: a CommonJS module by itself is split off without its names. */
export const { XzReadableStream } = xz;
