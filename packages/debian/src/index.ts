export { cacheFolder } from "./cache.ts";
export { downloadPackages, type DownloadOptions } from "./download.ts";
export { LockedPackage, PackageLock, isSameMajor } from "./locked-package.ts";
export { findMirror } from "./mirror.ts";
export { openPrivateApt, type PrivateApt } from "./private-apt.ts";
export { runTool, type Tool } from "./tool.ts";
