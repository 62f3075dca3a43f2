import { validate } from "@boot2docker/protocol";
import * as z from "zod/mini";
import type { Host } from "../host.ts";
import type { MachineDir } from "./dir.ts";
import { type Inheritance, inheritances } from "../settings.ts";

/** What a machine takes over from its host: as it was for the command that started it last. */
const Inherited = z.object({
  /** What it was to take over then. */
  mode: z.optional(z.enum(inheritances)),
  /** As for dockerd, with addresses as the guest sees them. A password may be in them. */
  proxy: z.record(z.string(), z.string()),
  /** In PEM. */
  authorities: z.array(z.string()),
});
type Inherited = z.infer<typeof Inherited>;

/** In capitals; the other spelling counts as well. */
export const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"] as const;

/** By which the guest and its containers know this host. */
const hostName = "host.docker.internal";

export async function writeInherited(host: Host, dir: MachineDir, what: Inheritance = "all"): Promise<void> {
  const inherited: Inherited = {
    mode: what,
    proxy: what === "all" || what === "proxy" ? guestProxies(host.env) : {},
    authorities: what === "all" || what === "ca" ? await host.addedAuthorities() : [],
  };
  await host.files.writeAtomic(dir.inherited, `${JSON.stringify(inherited, undefined, 2)}\n`);
}

/** Nothing of a machine that has not started yet. */
export async function readInherited(host: Host, dir: MachineDir): Promise<Inherited> {
  const nothing: Inherited = { proxy: {}, authorities: [] };
  try {
    const found = validate(Inherited, JSON.parse((await host.files.readText(dir.inherited)) ?? ""));
    return found.ok ? found.value : nothing;
  } catch {
    return nothing; // The next start writes it anew.
  }
}

/** The host's own loopback is somewhere else for its guest. Of two spellings the capital one counts, as for Go programs. */
export function guestProxies(env: Host["env"]): Record<string, string> {
  // An empty one counts as none.
  const valueOf = (name: string): string => [env[name], env[name.toLowerCase()]].find((value) => value) ?? "";
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY"].flatMap((name) => {
    const value = valueOf(name);
    return value === "" ? [] : [[name, seenFromGuest(value)] as const];
  });
  if (proxies.length === 0) return {};
  const direct = valueOf("NO_PROXY")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "" && entry !== hostName);
  return { ...Object.fromEntries(proxies), NO_PROXY: [...direct, hostName].join(",") };
}

function seenFromGuest(proxy: string): string {
  const [, before = "", name = "", after = ""] =
    /^((?:[a-z][a-z0-9+.-]*:\/\/)?(?:.*@)?)(\[[^\]]*\]|[^:/]*)(.*)$/is.exec(proxy) ?? [];
  return isLoopback(name) ? `${before}${hostName}${after}` : proxy;
}

function isLoopback(name: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1\])$/i.test(name);
}
