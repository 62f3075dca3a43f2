import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliFile, makeSandbox, type Sandbox } from "../harness/machine.ts";
import { run } from "../harness/run.ts";

/** What the other tests do not call, and the forms that docs/json.md promises. */
let box: Sandbox;
beforeAll(async () => {
  box = await makeSandbox();
  const folder = join(box.root, "src");
  mkdirSync(folder);
  await box.ok("up", "--mount", folder);
  const serve = ["sh", "-c", "echo here >/tmp/index.html; exec httpd -f -p 80 -h /tmp"];
  await box.dockerOk([
    "run",
    "-d",
    "--name",
    "web",
    "--restart",
    "always",
    "-p",
    "8080:80",
    "boot2docker/busybox",
    ...serve,
  ]);
});
afterAll(async () => box[Symbol.asyncDispose]());

const manual = readFileSync(join(import.meta.dirname, "../../docs/json.md"), "utf8");
const examples = [...manual.matchAll(/^## boot2docker (.+)\n\n```json\n([\s\S]+?)\n```/gm)].map(
  ([, line = "", json = ""]) => [line.replaceAll(/ m1\b/g, " boot2docker"), JSON.parse(json) as unknown] as const,
);

test("there are examples of JSON", () => {
  expect(examples.length).toBeGreaterThan(20);
});

/** Those at whose end there is no machine any more. */
const isEnd = ([line]: (typeof examples)[number]): boolean => /^(poweroff|down|delete) /.test(line);
/** They print as the others do that change machines, and take half a minute each. */
const isLong = ([line]: (typeof examples)[number]): boolean => /^(reset|regenerate-certs) /.test(line);

test.each(examples.filter((example) => !isEnd(example) && !isLong(example)))(
  "boot2docker %s prints what docs/json.md shows",
  holdsTo,
);

async function holdsTo(line: string, example: unknown): Promise<void> {
  const ran = await box.cli(...line.split(" "));
  const [printed = ""] = (ran.stdout === "" ? ran.stderr : ran.stdout).split(/(?<=^\})\n|(?<=^\{.*\})\n/m);
  expect(missing(JSON.parse(printed), example)).toEqual([]);
}

/** Paths of the example's fields that are not there. What an event is about is its own, and of a list the first one stands for all. */
function missing(printed: unknown, example: unknown, at = ""): string[] {
  if (Array.isArray(example) && Array.isArray(printed)) {
    return printed.length === 0 || example.length === 0 ? [] : missing(printed[0], example[0], `${at}[]`);
  }
  if (typeof example !== "object" || example === null) return printed === undefined ? [at] : [];
  if (typeof printed !== "object" || printed === null) return [at];
  const has: Partial<Record<string, unknown>> = { ...printed };
  return Object.entries(example).flatMap(([key, inner]) =>
    key === "fields" ? [] : missing(has[key], inner, `${at}.${key}`),
  );
}

test("ip and url say where Docker and the containers are", async () => {
  const address = (await box.ok("ip")).trim();
  expect(await (await fetch(`http://${address}:8080/`)).text()).toBe("here\n");
  const url = (await box.ok("url")).trim();
  const { DOCKER_CERT_PATH: certificates = "" } = await box.dockerEnv();
  const files = ["ca", "cert", "key"].map(
    (name) => `--tls${name === "ca" ? "cacert" : name}=${certificates}/${name}.pem`,
  );
  const answer = await box.dockerOk(["--tlsverify", ...files, "-H", url, "info", "--format", "{{.Name}}"]);
  expect(answer).toBe("boot2docker");
});

test("a port of this host leads to a container's own by ssh -L, until Ctrl-C", async () => {
  const inside = (
    await box.dockerOk(["inspect", "--format", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "web"])
  ).trim();
  const words = ["ssh", "-nNTL", `18080:${inside}:80`, "-L", `18081:${inside}:81`];
  const ssh = spawn(process.execPath, [cliFile, ...words], { env: box.env });
  const said = text(ssh.stderr);
  const fetched = async () => (await fetch("http://127.0.0.1:18080/")).text();
  await expect.poll(fetched, { timeout: 20_000 }).toBe("here\n");
  await expect(fetch("http://127.0.0.1:18081/")).rejects.toThrow();
  ssh.kill("SIGINT");
  expect(await once(ssh, "exit")).toEqual([130, null]);
  expect(await said).toContain(`127.0.0.1:18080 leads to ${inside}:80\n`);
  expect(await said).toContain(`-L 18081: the machine does not reach ${inside}:81\n`);
  await expect(fetched()).rejects.toThrow();
});

test("OpenSSH logs in by what ssh-config prints", async () => {
  const file = join(box.root, "ssh config");
  writeFileSync(file, await box.ok("ssh-config"));
  expect(await run("ssh", ["-F", file, "boot2docker", "id -un"], { env: box.env })).toMatchObject({
    code: 0,
    stdout: "docker\n",
  });
  const copied = await run("scp", ["-F", file, file, "boot2docker:/tmp/copied"], { env: box.env });
  expect(copied).toMatchObject({ code: 0 });
  expect(await box.ok("ssh", "cat /tmp/copied")).toBe(readFileSync(file, "utf8"));
});

test("the timeline of a start ends with an engine that answers", async () => {
  const { phases } = JSON.parse(await box.ok("timeline", "--json")) as {
    phases: { name: string; durationMs: number }[];
  };
  expect(phases.map(({ name }) => name)).toEqual(expect.arrayContaining(["file-systems", "data-disk", "engine"]));
  expect(await box.ok("timeline")).toMatch(/^engine +[\d.]+ +[\d.]+ +#+$/m);
});

test("describe and help have the same verbs", async () => {
  const { verbs } = JSON.parse(await box.ok("describe")) as { verbs: { name: string }[] };
  const help = await box.ok("help");
  for (const { name } of verbs) expect(help).toMatch(new RegExp(`^ +${name}\\b`, "m"));
});

test("what is started at login brings the machine up", async () => {
  const programs = join(box.root, "programs");
  mkdirSync(programs);
  writeFileSync(join(programs, "systemctl"), "#!/bin/sh\n"); // Here is no systemd; it would make a link of the file.
  chmodSync(join(programs, "systemctl"), 0o755);
  box.env["PATH"] = `${programs}:${box.env["PATH"] ?? ""}`;
  await box.ok("autostart", "enable");
  await box.ok("down");
  const unit = readFileSync(join(box.root, ".config/systemd/user/boot2docker-boot2docker.service"), "utf8");
  const env: Record<string, string> = { HOME: box.root };
  for (const [, text = ""] of unit.matchAll(/^Environment=(.+)$/gm)) {
    const [, name = "", value = ""] = /^(\w+)=(.*)$/s.exec(wordsOf(text)[0] ?? "") ?? [];
    env[name] = value;
  }
  const asSystemd = (key: string) => {
    const [program = "", ...args] = wordsOf(new RegExp(`^${key}=(.+)$`, "m").exec(unit)?.[1] ?? "");
    return run(program, args, { env });
  };
  expect(await asSystemd("ExecStart")).toMatchObject({ code: 0 });
  expect(await box.ok("status")).toBe("running");
  expect(await asSystemd("ExecStop")).toMatchObject({ code: 0 });
  expect((await box.cli("status")).stdout).toBe("stopped\n");
  expect(await box.ok("autostart", "disable")).toBe("disabled");
});

/** As systemd.service(5) has them, when all are quoted. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = ""]) => word.replaceAll(/\\(.)|([$%])\2/g, "$1$2"));

test.each(examples.filter(isEnd))("boot2docker %s prints what docs/json.md shows, too", holdsTo);
