import { expect, test } from "vitest";
import { verbs } from "./commands/table.ts";
import type { Verb } from "./commands/verb.ts";
import { writeMachineConfig } from "./machine-dir/config-file.ts";
import { runInWorld } from "./testing/run-in-world.ts";
import { bringUp, formatDataDisk, machineConfig, worldWithMachine } from "./testing/world-with-machine.ts";

/** One of each verb that prints JSON, and of an error. */
const examples = [
  "init m1 --json",
  "up m1 --json",
  "status m1 --json",
  "list --json",
  "active --json",
  "inspect m1 --json",
  "config m1 --json",
  "config m1 --effective --json",
  "set --json m1 memory=4g",
  "mount m1 --json",
  "ports m1 --json",
  "ip m1 --json",
  "url m1 --json",
  "env m1 --json",
  "context show m1 --json",
  "certs m1 --json",
  "events m1 --since 1 --json",
  "timeline m1 --json",
  "disk info m1 --json",
  "disk trim m1 --json",
  "disk check m1 --json",
  "autostart m1 --json",
  "version m1 --json",
  "describe active --json",
  "umount m1 ~/src --json",
  "restart m1 --json",
  "regenerate-certs m1 --ca --json",
  "reset m1 --json",
  "poweroff m1 --json",
  "down m1 nobody --json",
  "delete m1 --yes --json",
  "ip nobody --json",
] as const;

/** In the world that tests have. */
async function world() {
  const { world, dir } = await worldWithMachine();
  const host = world.host();
  await host.files.makeDirectory("/home/user/src");
  const folders = [{ path: "/home/user/src", readOnly: false }];
  await writeMachineConfig(host, dir, { ...machineConfig, dynamicPorts: { first: 61_000, last: 61_255 }, folders });
  world.programs.set("/usr/bin/systemctl", () => ({ code: 0, stdout: "", stderr: "" }));
  const fields = { device: "/dev/vdb", check: "full", isRepaired: true, said: "clean, 11/65536 files" };
  const at = "2026-01-01T00:00:00.000Z";
  world.guest = {
    events: [
      { sequence: 1, at, uptimeMs: 700, name: "phase.done", fields: { phase: "host", durationMs: 250 } },
      { sequence: 2, at, uptimeMs: 812, name: "data-disk.checked", fields },
    ],
  };
  formatDataDisk(world, dir);
  await bringUp(world);
  const port = { protocol: "tcp", hostAddress: "0.0.0.0", hostPort: 8080 } as const;
  const container = { guestPort: 61_000, containerAddress: "172.17.0.2", containerPort: 80 };
  await world.clock.settle(world.vms[0]?.publish([{ ...port, ...container }]) ?? Promise.reject(new Error("no VM")));
  return world;
}

const intro = `# What \`--json\` prints

One object, in one line; \`events\` prints one for each event. \`formatVersion\` is the form of it all: fields are added to it, so a program reads
those that it knows. A field that is taken away, or means something else, is another number. A field without a value is left out.

One example of each, as the tests print it, which hold these forms. An error goes to stderr; its codes are in errors.md.
`;

test("docs/json.md has what each verb prints", { timeout: 30_000 }, async () => {
  const computer = await world();
  const sections: string[] = [];
  for (const line of examples) {
    const { stdout, stderr } = await runInWorld(computer, line.split(" "));
    const text = JSON.stringify(JSON.parse(stdout === "" ? stderr : stdout), undefined, 2);
    sections.push(`## boot2docker ${line}\n\n\`\`\`json\n${text}\n\`\`\`\n`);
  }
  await expect([intro, ...sections].join("\n")).toMatchFileSnapshot("../../../docs/json.md");
});

test("no verb that prints JSON is without an example", () => {
  const printing = Object.entries<Verb>(verbs)
    .filter(([, { options, isHidden }]) => isHidden !== true && "json" in options)
    .map(([name]) => name);
  expect(new Set(examples.map((line) => line.split(" ", 1)[0]))).toEqual(new Set(printing));
});
