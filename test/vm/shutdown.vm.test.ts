import { existsSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostOf } from "../harness/agent.ts";
import { unpackGuestPrograms } from "../harness/guest-programs.ts";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";
import { must } from "../harness/run.ts";

/** However a machine is told to end, it ends in the same order. */
let box: Sandbox;
beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up");
  const script = "trap 'sleep 1; echo in order >> /log/ends; exit 0' TERM; while :; do sleep 0.2; done";
  const long = ["-d", "-v", "log:/log", "boot2docker/busybox", "sh", "-c", script];
  await box.dockerOk(["run", "--name", "again", "--restart", "unless-stopped", ...long]);
  await box.dockerOk(["run", "--name", "once", ...long]);
  const deaf = ["--stop-timeout", "2", "boot2docker/busybox", "sh", "-c", "trap '' TERM; while :; do sleep 1; done"];
  await box.dockerOk(["run", "-d", "--name", "deaf", "--restart", "always", ...deaf]);
});
afterAll(async () => box[Symbol.asyncDispose]());

const ways = {
  down: () => box.ok("down"),
  "poweroff inside the machine": () => box.cli("ssh", "sudo poweroff"),
  "the power button": () => pressPowerButton(hostOf(box).dir.commandMonitor),
};

test.each(Object.entries(ways))(
  "the machine is to end (%s): containers get their time-outs, and the disk is clean",
  async (_, end) => {
    await box.dockerOk(["start", "again", "once", "deaf"]);
    await box.dockerOk(["run", "--rm", "-v", "log:/log", "boot2docker/busybox", "sh", "-c", ": > /log/ends"]);
    await end();
    await expect
      .poll(() => box.cli("status"), { timeout: 60_000, interval: 500 })
      .toMatchObject({ stdout: "stopped\n" });
    const { dir } = hostOf(box);
    expect(existsSync(dir.pid)).toBe(false);
    const header = await must("/sbin/dumpe2fs", ["-h", dir.dataDisk]);
    expect(header).toMatch(/^Filesystem state: +clean$/m);
    expect(header).not.toContain("needs_recovery");
    using guest = await unpackGuestPrograms();
    expect(await guest.run("e2fsck", ["-fn", dir.dataDisk])).toMatchObject({ code: 0 });
    await box.ok("up");
    expect(await box.ok("ssh", "sudo cat /var/lib/docker/volumes/log/_data/ends")).toBe("in order\nin order");
    const names = await box.dockerOk(["ps", "--format", "{{.Names}}"]);
    expect(names.split("\n").sort()).toEqual(["again", "deaf"]);
    expect(await box.dockerOk(["inspect", "-f", "{{.State.ExitCode}}", "once"])).toBe("0");
  },
);

/** As the firmware of a real machine is told (QEMU Machine Protocol, system_powerdown). */
async function pressPowerButton(path: string): Promise<void> {
  const socket = connect(path);
  for (const execute of ["qmp_capabilities", "system_powerdown"]) socket.write(`${JSON.stringify({ execute })}\n`);
  const answers: string[] = [];
  for await (const bytes of socket) {
    answers.push(String(bytes));
    if ((answers.join("").match(/"return"/g) ?? []).length === 2) break;
  }
}
