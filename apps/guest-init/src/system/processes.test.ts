import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Processes } from "../system.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { clock } from "./clock.ts";
import { openProcesses } from "./processes.ts";

const never = new AbortController().signal;
let folder: string;
let processes: Processes;

const shell = (script: string) =>
  ({ argv: ["/bin/sh", "-c", script], env: { WORD: "hello" }, io: { logPath: join(folder, "logs/x.log") } }) as const;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "processes-test-"));
  processes = openProcesses(clock);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("run", () => {
  it("gives both outputs and the exit code", async () => {
    expect(await processes.run(["/bin/sh", "-c", "cat; echo err >&2; exit 3"], never, { input: "in" })).toEqual({
      code: 3,
      stdout: "in",
      stderr: "err\n",
    });
  });

  it("fails without the program", async () => {
    await expect(processes.run(["/no/such/program"], never)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("does not mind a program that does not read its input", async () => {
    const input = "x".repeat(1024 * 1024);
    expect(await processes.run(["/bin/true"], never, { input })).toMatchObject({ code: 0 });
  });

  it("kills the program when it is told to end, and says why", async () => {
    const stop = new AbortController();
    const running = processes.run(["/bin/sleep", "1000"], stop.signal);
    stop.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
  });
});

describe("start", () => {
  it("appends what the process says to its log", async () => {
    for (const end of ["exit code 0", "exit code 4"]) {
      const started = await processes.start(shell(`echo $WORD; echo more >&2; exit ${end.slice(-1)}`));
      await expect(processes.exited(started, never)).resolves.toBe(end);
    }
    expect(readFileSync(join(folder, "logs/x.log"), "utf8")).toBe("hello\nmore\nhello\nmore\n");
  });

  it("gives the process a session of its own, so that nothing of ours takes it along", async () => {
    const started = await processes.start(shell("cut -d' ' -f6 /proc/self/stat; echo $$"));
    await processes.exited(started, never);
    const [session, pid] = readFileSync(join(folder, "logs/x.log"), "utf8").split("\n");
    expect(session).toBe(pid);
  });

  it("fails without the program", async () => {
    await expect(processes.start({ ...shell(""), argv: ["/no/such/program"] })).rejects.toMatchObject({
      code: "ENOENT",
    });
  });

  it("says what killed a process", async () => {
    const started = await processes.start(shell("exec sleep 1000"));
    expect(await processes.kill(started, "SIGKILL")).toBe(true);
    await expect(processes.exited(started, never)).resolves.toBe("killed by SIGKILL");
    expect(await processes.kill(started, "SIGKILL")).toBe(false);
    expect(await processes.identify(started.pid)).toBeUndefined();
  });
});

describe("a process of an earlier guest-init", () => {
  it("is known by pid and start time, whatever its name", async () => {
    const started = await processes.start(shell("exec sleep 1000"));
    const other = openProcesses(clock);
    expect(await other.identify(started.pid)).toEqual(started);
    expect(await other.kill({ ...started, startMark: "1" }, "SIGKILL")).toBe(false);
    expect(await other.kill(started, "SIGKILL")).toBe(true);
    await processes.exited(started, never);
  });

  it("is noticed to be gone", async () => {
    const fakeClock = new FakeClock();
    const other = openProcesses(fakeClock);
    const started = await processes.start(shell("exec sleep 1000"));
    const gone = other.exited(started, never);
    await fakeClock.advance(1000);
    await processes.kill(started, "SIGKILL");
    await processes.exited(started, never);
    await fakeClock.advance(250);
    await expect(gone).resolves.toBe("it is gone");
  });
});

it("others are all but PID 1 and this one", async () => {
  const started = await processes.start(shell("exec sleep 1000"));
  const others = await processes.others();
  expect(others).toContain(started.pid);
  expect(others).not.toContain(process.pid);
  expect(others).not.toContain(1);
  await processes.kill(started, "SIGKILL");
  await processes.exited(started, never);
});
