import type { Placed } from "../copy/copy.ts";
import type { FileTree } from "../copy/file-tree.ts";
import { type Operand, parseOperand } from "../copy/operand.ts";
import { parsePath } from "../copy/path.ts";
import type { Survey } from "../copy/survey.ts";
import { usageError } from "../errors.ts";
import { inRow } from "../machine/row.ts";
import { logIn } from "./log-in.ts";
import { namedMachine } from "./machines.ts";
import { type Context, defaultMachine, verb } from "./verb.ts";

export const cp = verb({
  aliases: ["scp"],
  summary: "copy files and folders between this host and a machine, or between two machines",
  details:
    `NAME:PATH is in the machine NAME, :PATH in ${defaultMachine}, all else is of this host: a file whose name has a colon is ./a:b. What ` +
    "has no slash first is in the home of the machine's user docker, which is in memory and empty after the next start. cp works as that " +
    "user: for what is root's go by way of /tmp, with `boot2docker ssh sudo cp`. Things land as with cp -R: a folder that is there takes " +
    "them in under their names, otherwise the target is the new name. Folders are copied with all that is in them, with modes and times; " +
    "a symbolic link is copied as a link; pipes, sockets and devices are left out. A file has its name only when it is whole; after Ctrl-C " +
    "those that are whole stay. The exit code is 255 when the connection fails.",
  examples: [
    "boot2docker cp app.conf :",
    "boot2docker cp :/tmp/report.txt .",
    "boot2docker cp site/ work:/tmp/site",
    "boot2docker cp a.txt b.txt work:/tmp",
    "boot2docker cp work:/tmp/data other:/tmp",
  ],
  operands: [{ name: "PATH", summary: "what to copy, one or several, and behind them the target", isRepeated: true }],
  options: {
    recursive: {
      flags: "-r, --recursive",
      summary: "for the habit: folders are always copied with all that is in them",
    },
    preserve: { flags: "-p, --preserve", summary: "for the habit: modes and times are always kept" },
  },
  async run(context, { operands }) {
    const { host, ui, signal } = context;
    const parsed = operands.map((text) => parseOperand(text, host.platform === "win32"));
    const last = parsed.pop();
    if (last === undefined || parsed.length === 0) {
      throw usageError("cp: what, and where to?", "For example: boot2docker cp app.conf :");
    }
    if ([...parsed, last].every(({ machine }) => machine === undefined)) {
      throw usageError(
        "cp: none of these is in a machine",
        `In ${defaultMachine} a path is :PATH, in another machine NAME:PATH.`,
      );
    }
    if (operands.includes(""))
      throw usageError("cp: one of the paths is empty", "The folder that you are in is . (a dot).");
    await using logins = new AsyncDisposableStack();
    const trees = new Map<string | undefined, FileTree>();
    const place = async ({ machine, path }: Operand): Promise<Placed> => {
      const tree = trees.get(machine) ?? (await openTree(context, machine, logins));
      trees.set(machine, tree);
      return { tree, path: parsePath(path, tree.style) };
    };
    const sources: Placed[] = [];
    for (const operand of parsed) sources.push(await place(operand));
    const target = await place(last);
    const { copy } = await import("../copy/copy.ts");
    const id = host.clock.randomId().slice(0, 8);
    await inRow(ui.progress, `copied to ${last.machine ?? "this host"}`, async (update) => {
      const onProgress = (done: number, { sizeBytes }: Survey) => update(`${inMiB(done)} of ${inMiB(sizeBytes)} MiB`);
      const { files, sizeBytes } = await copy(sources, target, { id, onProgress }, signal);
      return `${files} ${files === 1 ? "file" : "files"}, ${inMiB(sizeBytes)} MiB`;
    });
    return 0;
  },
});

async function openTree(context: Context, name: string | undefined, logins: AsyncDisposableStack): Promise<FileTree> {
  if (name === undefined) return (await import("../host/host-tree.ts")).hostTree;
  const { client, address } = await logIn(context, await namedMachine(context, [name]));
  logins.defer(async () => void client.end());
  const { openGuestTree } = await import("../ssh/guest-tree.ts");
  return openGuestTree(client, address);
}

function inMiB(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
