import { readFileSync } from "node:fs";
import { Guest } from "./guest.ts";
import { openLog } from "./log.ts";
import { OS_RELEASE } from "./paths.ts";
import { renderPlans } from "./plan-table.ts";
import { openSystem } from "./system/open-system.ts";

const USAGE = `guest-init                 bring this machine up; only as root, only from PID 1
guest-init plan --dry-run  print what it does, on any machine
`;

function main(argv: readonly string[]): void {
  const [command, option] = argv;
  if (command === undefined) start();
  else if (command === "plan" && option === "--dry-run") process.stdout.write(renderPlans());
  else {
    process.stderr.write(USAGE);
    process.exitCode = 2;
  }
}

function start(): void {
  const system = openSystem();
  const log = openLog(system.clock.now);
  const guest = new Guest({
    system,
    log,
    version: readImageVersion(),
    pid: process.pid,
    restarts: Number(process.env["BOOT2DOCKER_RESTARTS"] ?? 0),
  });
  process.on("SIGTERM", () => guest.requestShutdown("poweroff"));
  // From the wrappers of reboot(8), and from PID 1 for Ctrl-Alt-Del.
  process.on("SIGINT", () => guest.requestShutdown("reboot"));
  // The console may go away; that is no reason to end.
  process.on("SIGHUP", () => undefined);
  const die = (error: unknown): void => {
    log.error("guest-init dies; PID 1 starts it again", {
      reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    process.exit(1);
  };
  process.on("uncaughtException", die);
  guest.run().catch(die);
}

function readImageVersion(): string {
  try {
    return /^VERSION_ID="?([^"\n]+)"?$/m.exec(readFileSync(OS_RELEASE, "utf8"))?.[1] ?? "unknown";
  } catch {
    return "unknown"; // an image without os-release is not ours, but may still run
  }
}

main(process.argv.slice(2));
