/** Name of the native addon inside the binary: build.ts puts it there, native.ts takes it out. */
export const ADDON_ASSET = "koffi.node";
