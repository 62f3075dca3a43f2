import { spawn } from "node:child_process";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Sandbox } from "../harness/machine.ts";
import { must } from "../harness/run.ts";
import { sqliteRootfs } from "./sqlite-image.ts";

/** What the machine has said it has, so that no power cut may take it away. */
export type Acknowledged =
  /** An image whose one layer holds `/payload`. */
  | { kind: "image"; reference: string; sha256: string }
  /** A file in the volume `files`. */
  | { kind: "file"; name: string; sha256: string }
  /** Rows from 1 to this one are in the database of the volume `database`. */
  | { kind: "rows"; last: number };

export interface WorkContext {
  box: Sandbox;
  /** Aborts when the power is gone; what fails then has not failed. */
  signal: AbortSignal;
  acknowledge: (what: Acknowledged) => void;
  /** Told of each file that is put into a layer, whether or not the layer comes about. */
  made: (sha256: string) => void;
  /** Different in each round, for names. */
  round: string;
}

/** Each works on until the power goes. */
export const workloads = {
  import: repeat(async (context, index) => {
    const { path, sha256 } = payload(context, `import-${String(index)}`);
    const tar = `${path}.tar`;
    await must("tar", ["-C", path, "--owner=0", "--group=0", "-cf", tar, "payload"]);
    const reference = `cut/import:${context.round}-${String(index)}`;
    await context.box.dockerOk(["import", tar, reference], { signal: context.signal });
    context.acknowledge({ kind: "image", reference, sha256 });
  }),

  build: repeat(async (context, index) => {
    const { path, sha256 } = payload(context, `build-${String(index)}`);
    // BuildKit writes more than the classic builder, and both are in use.
    const DOCKER_BUILDKIT = String(index % 2);
    writeFileSync(join(path, "Dockerfile"), `FROM scratch\nCOPY payload /payload\nLABEL cut=${String(index)}\n`);
    const reference = `cut/build:${context.round}-${String(index)}`;
    const env = await context.box.dockerEnv({ DOCKER_BUILDKIT });
    await context.box.dockerOk(["build", "-q", "-t", reference, path], { signal: context.signal, env });
    context.acknowledge({ kind: "image", reference, sha256 });
  }),

  /** `docker cp` flushes nothing, no more than cp(1) does: what counts is the sync that follows. */
  copy: repeat(async (context, index) => {
    const { path, sha256 } = payload(context, `copy-${String(index)}`);
    const name = `${context.round}-${String(index)}`;
    const options = { signal: context.signal };
    await context.box.dockerOk(["cp", join(path, "payload"), `${keeper}:/files/${name}`], options);
    await context.box.dockerOk(["exec", keeper, "sync"], options);
    context.acknowledge({ kind: "file", name, sha256 });
  }),

  database: async ({ box, signal, acknowledge }) => {
    const insert = `while :; do echo "INSERT INTO rows(text) VALUES(hex(randomblob(300))); SELECT 'row ' || max(id) FROM rows;"; done`;
    const script = `${insert} | sqlite3 -batch -list -noheader -cmd 'PRAGMA synchronous=FULL' -cmd '.timeout 5000' /database/cut.db`;
    const env = await box.dockerEnv({});
    // With a terminal it writes each line at once, but as a table unless it is told otherwise. To the client's own end its container pays no heed.
    const argv = [
      "run",
      "--rm",
      "--name",
      "writer",
      "-t",
      "-v",
      "database:/database",
      "cut/sqlite",
      "sh",
      "-c",
      script,
    ];
    const client = spawn(box.dockerClient, argv, {
      env,
      signal,
      killSignal: "SIGKILL",
      stdio: ["ignore", "pipe", "inherit"],
    });
    client.on("error", () => undefined); // aborted
    for await (const line of createInterface({ input: client.stdout })) {
      const row = /^row (\d+)/.exec(line)?.[1];
      if (row !== undefined) acknowledge({ kind: "rows", last: Number(row) });
    }
    await box.docker(["rm", "-f", "writer"]);
  },
} satisfies Record<string, (context: WorkContext) => Promise<void>>;

export type WorkloadName = keyof typeof workloads;

/** A container that only holds the volume `files`. */
const keeper = "keeper";

/** What the workloads need; is there, and flushed, when this returns. */
export async function prepareWorkloads(box: Sandbox): Promise<void> {
  const rootfs = await sqliteRootfs(join(box.root, "sqlite.tar"));
  await box.dockerOk(["import", rootfs, "cut/sqlite"]);
  for (const volume of ["files", "database"]) await box.dockerOk(["volume", "create", volume]);
  const hold = ["-d", "--restart", "always", "-v", "files:/files", "boot2docker/busybox", "sleep", "1000000"];
  await box.dockerOk(["run", "--name", keeper, ...hold]);
  const table = "PRAGMA journal_mode=WAL; CREATE TABLE rows(id INTEGER PRIMARY KEY, text TEXT);";
  await box.dockerOk(["run", "--rm", "-v", "database:/database", "cut/sqlite", "sqlite3", "/database/cut.db", table]);
  await box.ok("ssh", "sync");
}

function repeat(work: (context: WorkContext, index: number) => Promise<void>) {
  return async (context: WorkContext): Promise<void> => {
    for (let index = 0; !context.signal.aborted; index += 1) await work(context, index);
  };
}

/** A folder with the file `payload`: random bytes, 1 KiB to 4 MiB of them. */
function payload({ box, round, made }: WorkContext, name: string): { path: string; sha256: string } {
  const path = join(box.root, "payloads", `${round}-${name}`);
  mkdirSync(path, { recursive: true });
  const bytes = randomBytes(1024 * 2 ** randomInt(13));
  writeFileSync(join(path, "payload"), bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  made(sha256);
  return { path, sha256 };
}
