import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { must, type RunOptions } from "./run.ts";

/**
 * An image of one program of this computer, as `/program`, and the libraries that it loads here. Of this very Node, for servers
 * that a test writes in a line, it takes about ten seconds under emulation.
 */
export async function importProgram(
  dockerClient: string,
  program: string,
  name: string,
  options: RunOptions,
): Promise<void> {
  // `libm.so.6 => /lib/…/libm.so.6 (0x…)`, and the loader by its path alone: ldd(1).
  const said = execFileSync("ldd", [program], { encoding: "utf8" });
  const libraries = [...said.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? "");
  const files = ["-h", "-P", `--transform=s,^${program}$,/program,`, program, ...libraries];
  const tar = spawn("tar", ["-c", ...files], { stdio: ["ignore", "pipe", "inherit"] });
  const client = spawn(dockerClient, ["import", "-c", 'ENTRYPOINT ["/program"]', "-", name], {
    ...options,
    stdio: [tar.stdout, "ignore", "inherit"],
  });
  const [code] = (await once(client, "close")) as [number | null];
  if (code !== 0) throw new Error(`docker import ended with code ${String(code)}`);
  await must(dockerClient, ["image", "inspect", name], options);
}
