import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { must, type RunOptions } from "./run.ts";

/**
 * An image of this very Node and the libraries that it loads here, for servers that a test writes in a line. Takes about ten
 * seconds under emulation.
 */
export async function importNodeImage(dockerClient: string, name: string, options: RunOptions): Promise<void> {
  const node = process.execPath;
  // `libm.so.6 => /lib/…/libm.so.6 (0x…)`, and the loader by its path alone: ldd(1).
  const said = execFileSync("ldd", [node], { encoding: "utf8" });
  const libraries = [...said.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? "");
  const tar = spawn("tar", ["-c", "-h", "-P", `--transform=s,^${node}$,/node,`, node, ...libraries], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const client = spawn(dockerClient, ["import", "-c", 'ENTRYPOINT ["/node"]', "-", name], {
    ...options,
    stdio: [tar.stdout, "ignore", "pipe"],
  });
  const [code] = (await once(client, "close")) as [number | null];
  if (code !== 0) throw new Error(`docker import ended with code ${String(code)}`);
  await must(dockerClient, ["image", "inspect", name], options);
}
