import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { askAgent } from "../harness/agent.ts";
import { makeSandbox } from "../harness/machine.ts";
import { processCpuMs, readMemoryMiB } from "./host-part.ts";

const folders = 40;
const filesInEach = 25;
const fileBytes = 6_000;

export interface FolderFigures {
  /** By step, seconds in the guest. */
  dataDisk: Record<string, number>;
  share: Record<string, number>;
  /** User and system time of the agent for its part, which is all of NFS's server. */
  agentMs: number;
  /** Memory of the agent, MiB, before and after. */
  agentMiB: [before: number, after: number];
}

/** The same steps on the guest's own disk and in a shared folder, one after the other in one machine. */
export async function benchFolders(log: (line: string) => void): Promise<FolderFigures> {
  await using box = await makeSandbox();
  await box.ok("up");
  const tree = join(box.root, "tree");
  for (let folder = 0; folder < folders; folder += 1) {
    mkdirSync(join(tree, String(folder)), { recursive: true });
    for (let file = 0; file < filesInEach; file += 1) {
      writeFileSync(join(tree, String(folder), String(file)), "b".repeat(fileBytes));
    }
  }
  execFileSync("tar", ["-c", "-f", join(box.root, "tree.tar"), "-C", box.root, "tree"]);
  copyFileSync(join(import.meta.dirname, "folders.sh"), join(box.root, "folders.sh"));
  const run = async (folder: string): Promise<Record<string, number>> => {
    log(folder);
    await box.ok("ssh", `sudo mkdir -p ${folder} && cp ${box.root}/tree.tar ${box.root}/folders.sh /tmp`);
    return parse(await box.ok("ssh", `sudo sh /tmp/folders.sh ${folder} /tmp/tree.tar`));
  };
  const dataDisk = await run("/mnt/data/bench");
  const { pid } = await askAgent(box, "agent.status", {});
  const before = { cpu: processCpuMs(pid), memory: readMemoryMiB(pid).residentMiB };
  const share = await run(join(box.root, "share"));
  return {
    dataDisk,
    share,
    agentMs: processCpuMs(pid) - before.cpu,
    agentMiB: [before.memory, readMemoryMiB(pid).residentMiB],
  };
}

function parse(text: string): Record<string, number> {
  const rows = [...text.matchAll(/^(.+) ([\d.]+)$/gm)];
  return Object.fromEntries(rows.map(([, name = "", seconds]) => [name, Number(seconds)]));
}

export function renderFolders({ dataDisk, share, agentMs, agentMiB }: FolderFigures): string {
  const rows = Object.entries(dataDisk).map(
    ([name, seconds]) =>
      `${name.padEnd(20)}${seconds.toFixed(2).padStart(9)}${(share[name] ?? NaN).toFixed(2).padStart(9)}`,
  );
  const [before, after] = agentMiB.map((value) => value.toFixed(0));
  return [
    "folders, seconds in the guest",
    `${"".padEnd(20)}${"data disk".padStart(9)}${"share".padStart(9)}`,
    ...rows,
    `host, agent         ${agentMs.toFixed(0)} ms CPU, ${before} to ${after} MiB`,
    "",
  ].join("\n");
}
