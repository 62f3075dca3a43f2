import { once } from "node:events";
import { spawn } from "node:child_process";
import type { GuestState } from "@boot2docker/protocol";
import { askAgent } from "../harness/agent.ts";
import type { GuestPrograms } from "../harness/guest-programs.ts";
import type { Sandbox } from "../harness/machine.ts";
import type { Acknowledged } from "./workloads.ts";

/** What is wrong with a machine whose power came back, and which is up again; empty when nothing is. */
export async function checkMachine(box: Sandbox, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const state: GuestState = await askAgent(box, "state.get", {});
  const problems: string[] = [];
  if (state.lifecycle.name !== "ready") problems.push(`the guest is ${JSON.stringify(state.lifecycle)}`);
  const complaints = (
    await box.cli("ssh", "dmesg | grep -E 'EXT4-fs (error|warning)|JBD2.*error' || true")
  ).stdout.trim();
  if (complaints !== "") problems.push(complaints);
  problems.push(...(await checkImages(box)));
  problems.push(...(await checkAcknowledged(box, acknowledged)));
  return problems;
}

/** The engine checks the digest of each layer that it writes out. */
async function checkImages(box: Sandbox): Promise<string[]> {
  const ids = new Set((await box.dockerOk(["images", "-aq", "--no-trunc"])).split("\n").filter((id) => id !== ""));
  const env = await box.dockerEnv({});
  const problems: string[] = [];
  for (const id of ids) {
    const client = spawn(box.dockerClient, ["save", id], { env, stdio: ["ignore", "pipe", "pipe"] });
    client.stdout.resume();
    let said = "";
    client.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = (await once(client, "close")) as [number | null];
    if (code !== 0) problems.push(`image ${id}: ${said.trim()}`);
  }
  return problems;
}

async function checkAcknowledged(box: Sandbox, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const problems: string[] = [];
  const files: string[] = [];
  let last: number | undefined;
  for (const what of acknowledged) {
    switch (what.kind) {
      case "image": {
        // Its layer was verified with all others: this is that the name stands for it.
        const { code } = await box.docker(["image", "inspect", what.reference]);
        if (code !== 0) problems.push(`image ${what.reference} is gone`);
        break;
      }
      case "file":
        files.push(`${what.sha256}  /files/${what.name}`);
        break;
      case "rows":
        last = what.last;
        break;
    }
  }
  if (last !== undefined) problems.push(...(await checkRows(box, last)));
  if (files.length > 0) {
    const check = ["run", "--rm", "-i", "-v", "files:/files", "boot2docker/busybox", "sha256sum", "-c"];
    const said = await box.docker(check, { input: `${files.join("\n")}\n` });
    if (said.code !== 0)
      problems.push(
        `files: ${said.stdout
          .split("\n")
          .filter((line) => !line.endsWith(": OK"))
          .join("; ")}`,
      );
  }
  return problems;
}

async function checkRows(box: Sandbox, last: number): Promise<string[]> {
  const sql = `PRAGMA integrity_check; SELECT count(*) FROM rows WHERE id <= ${String(last)};`;
  const query = ["run", "--rm", "-v", "database:/database", "cut/sqlite", "sqlite3", "/database/cut.db", sql];
  const { stdout, stderr } = await box.docker(query);
  if (stdout.trim() === `ok\n${String(last)}`) return [];
  return [`database: ${String(last)} rows were there, now ${stdout.trim()} ${stderr.trim()}`];
}

/** Of a disk that no VM has open: what e2fsck finds wrong. */
export async function checkFileSystem(disk: string, guest: GuestPrograms): Promise<string[]> {
  const { code, stdout } = await guest.run("e2fsck", ["-fn", disk]);
  return code === 0 ? [] : [`e2fsck -fn: ${stdout.trim()}`];
}
