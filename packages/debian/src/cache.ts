import { homedir } from "node:os";
import { join } from "node:path";

/** Where builds keep what is costly to get again, outside any checkout (XDG base directory specification). */
export function cacheFolder(purpose: string): string {
  const named = process.env["XDG_CACHE_HOME"] ?? "";
  return join(named === "" ? join(homedir(), ".cache") : named, "boot2docker", purpose);
}
