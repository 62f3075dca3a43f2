import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliFile, makeSandbox, type Sandbox } from "../harness/machine.ts";

/** Files and folders between the host and two machines. The host's side alone, and hostile guests: copy.test.ts. */
let box: Sandbox;
beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up", "--mount", "none");
});
afterAll(async () => {
  await box.cli("delete", "--yes", "other");
  await box[Symbol.asyncDispose]();
});

const at = (path: string): string => join(box.root, path);
const inGuest = (command: string) => box.ok("ssh", command);
const time = new Date("2001-02-03T04:05:06Z");
const names = ["-dash", "a b", `'"$(x)\`\\`, "new\nline", "ünï→", ".hidden", "n".repeat(255)];

test("a folder goes there and back with its names, modes, times and links", async () => {
  mkdirSync(at("tree/sub/deep"), { recursive: true });
  for (const name of names) writeFileSync(at(`tree/sub/${name}`), name, { mode: 0o750 });
  symlinkSync("../-dash", at("tree/sub/deep/link"));
  for (const name of ["-dash", "deep"]) utimesSync(at(`tree/sub/${name}`), time, time);

  mkdirSync(at("tree/closed/in"), { recursive: true });
  chmodSync(at("tree/closed"), 0o500);

  await box.ok("cp", at("tree"), ":");
  chmodSync(at("tree/closed"), 0o700);
  expect(await inGuest("stat -c %a tree/closed tree/closed/in")).toBe("500\n755");
  expect(
    await inGuest("cd tree/sub && ls -A | wc -l && cat ./-dash && stat -c '%a %U %Y' ./-dash && readlink deep/link"),
  ).toBe(`${names.length + 2}\n-dash750 docker ${time.getTime() / 1000}\n../-dash`);
  await box.ok("cp", ":tree/sub", at("back"));
  expect(readdirSync(at("back")).sort()).toEqual([...names, "deep"].sort());
  for (const name of names) expect(readFileSync(at(`back/${name}`), "utf8")).toBe(name);
  expect(lstatSync(at("back/-dash")).mode & 0o777).toBe(0o750);
  for (const name of ["-dash", "deep"]) expect(lstatSync(at(`back/${name}`)).mtime).toEqual(time);
  expect(readlinkSync(at("back/deep/link"))).toBe("../-dash");
});

test("64 MiB are the same after a way there and back", async () => {
  const bytes = randomBytes(64 << 20);
  writeFileSync(at("big"), bytes);
  await box.ok("cp", at("big"), ":/tmp/big");
  await box.ok("cp", ":/tmp/big", at("big-back"));
  expect(readFileSync(at("big-back")).equals(bytes)).toBe(true);
});

test("what the guest makes up as it is read is copied whole", async () => {
  await box.ok("cp", ":/proc/version", at("version"));
  expect(readFileSync(at("version"), "utf8").trim()).toBe(await inGuest("cat /proc/version"));
});

test("what fails says what, where and why", async () => {
  writeFileSync(at("f"), "x");
  const cases: [string[], string][] = [
    [[":none", box.root], "there is no such file or folder: none in boot2docker"],
    [[at("f"), ":/none/f"], "there is no folder /none in boot2docker"],
    [[at("f"), ":/etc/f"], "cannot write /etc/f in boot2docker: permission denied"],
    [[":/etc/shadow", box.root], "cannot read /etc/shadow in boot2docker: permission denied"],
    [[":/dev/zero", box.root], "left out /dev/zero in boot2docker"],
  ];
  for (const [operands, message] of cases) {
    expect(await box.cli("cp", ...operands)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining(message) as string,
    });
  }
});

test("a full disk: cp says so, and leaves no part of the file", async () => {
  await inGuest("sudo mkdir /tmp/small && sudo mount -t tmpfs -o size=4m,mode=777 tmpfs /tmp/small");
  const full = await box.cli("cp", at("big"), ":/tmp/small");
  expect(full).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("/tmp/small/big in boot2docker: no space left") as string,
  });
  expect(await inGuest("ls -A /tmp/small")).toBe("");
});

/** A copy that takes long anywhere; `act` when bytes have begun to arrive. */
async function interruptCopy(act: (cp: ChildProcess) => void): Promise<{ code: number | null; said: string }> {
  writeFileSync(at("huge"), "");
  truncateSync(at("huge"), 2 ** 30);
  const cp = spawn(process.execPath, [cliFile, "cp", "-v", at("huge"), ":/tmp/half"], { env: box.env });
  let said = "";
  let isActing = false;
  for await (const chunk of cp.stderr) {
    said += String(chunk);
    if (!isActing && said.includes(" of 1024.0 MiB")) {
      isActing = true;
      act(cp);
    }
  }
  if (cp.exitCode === null) await once(cp, "exit");
  return { code: cp.exitCode, said };
}

test("Ctrl-C during cp: no part of the file is left", async () => {
  expect(await interruptCopy((cp) => void cp.kill("SIGINT"))).toMatchObject({ code: 130 });
  expect(await inGuest("ls -A /tmp | grep -e half -e boot2docker-cp || echo none")).toBe("none");
});

test("the guest's file server killed during cp: exit code 255, and no file under the final name", async () => {
  const { code, said } = await interruptCopy(() => void box.cli("ssh", "pkill -9 sftp-server"));
  expect(said).toContain("no ssh connection to boot2docker");
  expect(code).toBe(255);
  expect(await inGuest("ls /tmp/half 2>/dev/null || echo none")).toBe("none");
});

test("from one machine to another", async () => {
  await box.ok("up", "other", "--mount", "none", "--memory", "512m");
  await box.ok("cp", ":tree", ":/tmp/big", "other:/tmp");
  const sums = "sha256sum tree/sub/.hidden big";
  expect(await box.ok("ssh", "other", `cd /tmp && ${sums}`)).toBe(await inGuest(`ln -s /tmp/big && ${sums}`));
});
