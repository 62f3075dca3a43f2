/**
 * Ports of containers over a long time: `pnpm test:soak [--connections N] [--starts N]`. Prints a report, and ends with exit code 1 when
 * a client was not answered, or agent or carrier have more open files or much more memory than after a hundredth of it.
 */
import { connect } from "node:net";
import { parseArgs } from "node:util";
import { makeSandbox } from "../harness/machine.ts";
import { importProgram } from "../harness/program-image.ts";
import { must } from "../harness/run.ts";
import { findProcesses, type Footprint, readFootprint } from "./footprint.ts";

const clients = 20;
/** What a heap may have more after a hundred times the work, that is no leak. */
const allowedGrowthMiB = 24;
const port = 8060;

const { values } = parseArgs({
  options: { connections: { type: "string", default: "100000" }, starts: { type: "string", default: "500" } },
});
const connections = Number(values.connections);
const starts = Number(values.starts);

await using box = await makeSandbox();
await box.ok("up");
const { env } = box;
const docker = (...args: string[]) => must(box.dockerClient, args, { env });
const problems: string[] = [];

if (connections > 0) await soakConnections();
if (starts > 0) await soakStarts();
for (const problem of problems) console.log(`FAILED: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function soakConnections(): Promise<void> {
  await importProgram(box.dockerClient, process.execPath, "node", { env });
  const program = 'require("net").createServer((socket) => socket.on("error", () => 0).end("here")).listen(80)';
  await docker("run", "-d", "--name", "server", "-p", `${port}:80`, "node", "-e", program);
  const warmUp = Math.ceil(connections / 100);
  const lostFirst = await connectMany(warmUp);
  const before = readFootprint(findProcesses(box.root));
  const lost = lostFirst + (await connectMany(connections - warmUp));
  const after = readFootprint(findProcesses(box.root));
  console.log(`${connections} connections, ${clients} at a time, both families: ${lost} not answered`);
  for (const [name, then] of Object.entries(before)) report(name, then, after[name]);
  if (lost > 0) problems.push(`${lost} connections were not answered`);
  await docker("rm", "-f", "server");
}

function report(name: string, before: Footprint, after: Footprint | undefined): void {
  if (after === undefined) {
    problems.push(`${name} is gone`);
    return;
  }
  console.log(
    `${name}: ${before.openFiles} → ${after.openFiles} open files, ${before.residentMiB} → ${after.residentMiB} MiB`,
  );
  if (after.openFiles > before.openFiles) problems.push(`${name} has more open files`);
  // QEMU's is the guest's own memory.
  if (name !== "QEMU" && after.residentMiB > before.residentMiB + allowedGrowthMiB)
    problems.push(`${name} has more memory`);
}

/** Returns how many were not answered. */
async function connectMany(count: number): Promise<number> {
  let left = count;
  let lost = 0;
  const work = async (host: string): Promise<void> => {
    while (left > 0) {
      left -= 1;
      if ((await ask(host)) !== "here") lost += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => work(index % 2 === 0 ? "127.0.0.1" : "::1")));
  return lost;
}

/** One connection, without any further attempt. */
function ask(host: string): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const socket = connect({ host, port });
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      said += text;
    });
    socket.on("error", (error) => {
      said = error.message;
    });
    socket.once("close", () => resolve(said));
  });
}

/** `docker run -d -p`, and at once a client. */
async function soakStarts(): Promise<void> {
  const server = ["sh", "-c", "echo here >/tmp/index.html; exec httpd -f -p 80 -h /tmp"];
  let lost = 0;
  for (let count = 0; count < starts; count += 1) {
    const id = await docker("run", "-d", "-p", `${port}:80`, "boot2docker/busybox", ...server);
    const answer = await fetch(`http://${count % 2 === 0 ? "127.0.0.1" : "[::1]"}:${port}/`).catch(() => undefined);
    if ((await answer?.text())?.trim() !== "here") lost += 1;
    await docker("rm", "-f", id);
    if ((count + 1) % 50 === 0) console.log(`${count + 1} of ${starts} starts, ${lost} not answered`);
  }
  if (lost > 0) problems.push(`${lost} of ${starts} starts were not answered`);
}
