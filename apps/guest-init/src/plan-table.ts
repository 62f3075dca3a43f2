import { BOOT, EARLY, type Phase, type Task } from "./plan.ts";
import { SHUTDOWN } from "./shutdown-plan.ts";

/** The plans as Markdown: `guest-init plan --dry-run` prints it, and docs/boot.md is it. */
export function renderPlans(): string {
  return `# What guest-init does

Made by \`guest-init plan --dry-run\` from \`apps/guest-init/src/plan.ts\`. A phase starts as soon as those it comes after
have ended; what is not in such a relation runs side by side. Its tasks are done one after the other.

## Early: make the machine writable

${renderTable(EARLY)}

${EARLY.flatMap(({ tasks }) => tasks)
  .flatMap(listDetails)
  .map((detail) => `- ${detail}`)
  .join("\n")}

## Boot: up to the engine, and ssh after it

${renderTable(BOOT)}

## Shutdown

${renderTable(SHUTDOWN)}
`;
}

function renderTable(phases: readonly Phase[]): string {
  const rows = phases.map(({ name, after, tasks, limitMs, onFailure }) => [
    name,
    after.join(", "),
    tasks.map(describe).join("; "),
    `${limitMs / 1000} s`,
    onFailure === "abort" ? "rescue" : "degraded",
  ]);
  const head = ["phase", "after", "tasks", "limit", "if it fails"];
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0), title.length),
  );
  const line = (row: string[], fill = " "): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |`;
  return [
    line(head),
    line(
      head.map(() => ""),
      "-",
    ),
    ...rows.map((row) => line(row)),
  ].join("\n");
}

function describe(task: Task): string {
  switch (task.kind) {
    case "mount":
      return `mount ${task.mounts.length === 1 ? (task.mounts[0]?.target ?? "") : "what is listed below"}`;
    case "bind-data":
      return `bind ${task.directories.join(", ")}`;
    case "load-image":
      return `load the image ${task.name} once`;
    case "run-hook":
      return `run ${task.name}.sh and wait for it`;
    case "launch-hook":
      return `start ${task.name}.sh`;
    case "stop-service":
      return `stop ${task.service} (${task.limitMs / 1000} s)`;
    case "stop-engine":
      return `stop containers and dockerd (${task.limitMs / 1000} s)`;
    case "end-processes":
      return `end all other processes (${task.graceMs / 1000} s)`;
    case "make-directories":
    case "link":
    case "share-mounts":
    case "join-control-group":
    case "await-host":
    case "open-data-disk":
    case "move-log":
    case "set-hostname":
    case "set-up-network":
    case "establish-identity":
    case "choose-engine-settings":
    case "start-containerd":
    case "open-ports":
    case "await-containers-folders":
    case "start-engine":
    case "announce-ready":
    case "start-ssh":
    case "mount-folders":
    case "unmount-folders":
    case "grow-data-disk":
    case "keep-hostname":
    case "trust-certificates":
    case "start-swap":
    case "end-disk-swap":
    case "unmount-all":
      return task.kind.replaceAll("-", " ");
    default:
      return task satisfies never;
  }
}

/** What is too long for a table. */
function listDetails(task: Task): string[] {
  if (task.kind === "mount") {
    return task.mounts.map(({ target, fstype, options }) => `mount \`${target}\`: ${fstype}, \`${options}\``);
  }
  if (task.kind === "make-directories") {
    return [`directories: ${task.directories.map(({ path }) => `\`${path}\``).join(", ")}`];
  }
  if (task.kind === "link") {
    return [`links: ${task.links.map(({ path, target }) => `\`${path}\` → \`${target}\``).join(", ")}`];
  }
  return [];
}
