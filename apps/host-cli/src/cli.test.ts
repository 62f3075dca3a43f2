import { expect, test } from "vitest";
import { type Call, runCli } from "./cli.ts";
import { verbs } from "./commands/table.ts";
import { commonOptions, type Verb } from "./commands/verb.ts";

const rows = Object.entries<Verb>(verbs);

/** What `argv` means: the verb that would run, or the error, and the help that was written. */
async function parse(...argv: string[]) {
  const calls: Call[] = [];
  let written = "";
  const write = (text: string): void => void (written += text);
  const execute = async (call: Call): Promise<number> => calls.push(call) + 6;
  const result: unknown = await runCli(argv, { write, columns: 80, execute }).catch((error: unknown) => error);
  const [call] = calls;
  const name = rows.find(([, row]) => row === call?.verb)?.[0];
  return {
    name,
    operands: call?.operands,
    options: call?.options,
    isAfterDashes: call?.isAfterDashes,
    result,
    written,
  };
}

test("no two verbs share a name", () => {
  const names = rows.flatMap(([name, { aliases }]) => [name, ...aliases]);
  expect(names).toEqual([...new Set(names)]);
});

test.each(rows)(
  "%s has a summary of one line and options whose keys are their long names",
  (_, { summary, options }) => {
    expect(summary).toMatch(/^[a-z][^\n]*[^.\n]$/);
    for (const [key, { flags }] of Object.entries({ ...options, ...commonOptions })) {
      const long = /--([a-z-]+)/.exec(flags)?.[1] ?? "";
      expect(long.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase())).toBe(key);
    }
  },
);

test.each(rows)("%s has no two options with the same letter", (_, { options }) => {
  const letters = Object.values({ ...options, ...commonOptions }).flatMap(({ flags }) => /^-[a-z]/.exec(flags) ?? []);
  expect(letters).toEqual([...new Set(letters)]);
});

test.each([
  ["create", "init"],
  ["start", "up"],
  ["boot", "up"],
  ["stop", "down"],
  ["halt", "down"],
  ["destroy", "delete"],
  ["rm", "delete"],
  ["shellinit", "env"],
  ["socket", "env"],
  ["kill", "poweroff"],
  ["ls", "list"],
  ["info", "inspect"],
  ["cfg", "config"],
])("the ancestors' %s is %s", async (alias, name) => {
  expect((await parse(alias)).name).toBe(name);
});

test.each([
  [["up"], "up", [], {}],
  [["up", "work"], "up", ["work"], {}],
  [["up", "--", "-dash"], "up", ["-dash"], {}],
  [["-q", "up"], "up", [], { quiet: true }],
  [["up", "-v", "work"], "up", ["work"], { verbose: true }],
  [["init", "-c", "2", "-m", "4g", "-s", "60g"], "init", [], { cpus: "2", memory: "4g", diskSize: "60g" }],
  [["init", "--docker-port=2376", "--ssh-port", "2022"], "init", [], { dockerPort: "2376", sshPort: "2022" }],
  [["init", "--engine-label", "a=1", "--engine-label=b=2"], "init", [], { engineLabel: ["a=1", "b=2"] }],
  [["down", "-f", "-t", "5"], "down", [], { force: true, timeout: "5" }],
  [["env", "--no-proxy", "-u", "--shell", "fish"], "env", [], { noProxy: true, unset: true, shell: "fish" }],
  [["env"], "env", [], {}],
  [["logs", "dockerd", "-n", "5", "-f"], "logs", ["dockerd"], { lines: "5", follow: true }],
  [["delete", "-y"], "delete", [], { yes: true }],
  [["ssh", "-t", "top", "-b", "-q"], "ssh", ["top", "-b", "-q"], { tty: true }],
  [["ssh", "work", "--", "ls", "-l"], "ssh", ["work", "--", "ls", "-l"], {}],
  [["ssh", "sh", "-c", "exit 1", "--help"], "ssh", ["sh", "-c", "exit 1", "--help"], {}],
  [["agent", "work"], "agent", ["work"], {}],
] as const)("%j is understood", async (argv, name, operands, options) => {
  // What `execute` returns is the exit code.
  expect(await parse(...argv)).toMatchObject({ name, operands, options, result: 7 });
});

test("-- before the first word of ssh is told apart from one behind the machine", async () => {
  expect((await parse("ssh", "--", "work")).isAfterDashes).toBe(true);
  expect((await parse("ssh", "-t", "--", "work", "-x")).isAfterDashes).toBe(true);
  expect((await parse("ssh", "work", "--", "ls")).isAfterDashes).toBe(false);
  expect((await parse("ssh", "work")).isAfterDashes).toBe(false);
});

test.each([
  [["upp"], 'there is no verb "upp"', "Did you mean up?"],
  [["lits", "--help"], 'there is no verb "lits"', "Did you mean list?"],
  [["-q", "help", "shelinit"], 'there is no verb "shelinit"', "Did you mean shellinit?"],
  [["suspend", "--help"], "there is no suspend: the memory of a machine can't be kept yet", /down/],
  [["-qv", "suspend"], "there is no suspend: the memory of a machine can't be kept yet", /down/],
  [["create", "-driver", "virtualbox", "x"], "there is no --driver: there is one driver", /Leave it out/],
  [["init", "-disk-size", "60g"], /^unknown option/, "Write --disk-size, with two hyphens."],
  [["ssh", "-p22"], "there is no ssh -p: it is known", "Leave it out."],
  [["complet"], 'there is no verb "complet"', "See: boot2docker help"],
  [["ssh", "-A"], "there is no ssh -A: this host's ssh agent stays here", /ssh-config/],
  [["scp", "-d", "a", ":"], /^there is no cp -d: /, /cp/],
  [["up", "--memroy", "2g"], "unknown option '--memroy'", "Did you mean --memory?"],
  [["down", "--frobnicate"], "unknown option '--frobnicate'", "See: boot2docker help down"],
  [
    ["status", "a", "b"],
    "too many arguments for 'status'. Expected 1 argument but got 2: a, b.",
    "See: boot2docker help status",
  ],
  [["init", "--memory"], "option '-m, --memory <size>' argument missing", "See: boot2docker help init"],
  [
    ["save"],
    "there is no save: the memory of a machine can't be kept yet",
    "`boot2docker down` keeps all that is on its disk.",
  ],
  [
    ["upgrade", "work"],
    "there is no upgrade: a machine starts with the image of the program that starts it",
    /boot2docker restart$/,
  ],
  [["up", "--vm=work"], "there is no --vm: a machine's name is an operand", "For example: boot2docker up work"],
  [
    ["create", "--virtualbox-hostonly-cidr", "x"],
    "there is no --virtualbox-hostonly-cidr: there is one driver",
    /^Leave it out: QEMU is the only driver/,
  ],
  [["constructor"], 'there is no verb "constructor"', "See: boot2docker help"],
  [["--vm", "work", "up"], "there is no --vm: a machine's name is an operand", "For example: boot2docker up work"],
  [["-m", "4096", "init"], "unknown option '-m'", "Options follow the verb: boot2docker init -m 4096"],
  [["--nonsense", "init"], "unknown option '--nonsense'", "See: boot2docker help init"],
  [["init", "-d", "virtualbox"], "there is no -d: there is one driver", /QEMU/],
  [["help", "save"], "there is no save: the memory of a machine can't be kept yet", /down/],
  [["-v"], "no verb was given", /boot2docker --version/],
  [
    ["--memory=4096", "init"],
    "unknown option '--memory=4096'",
    "Options follow the verb: boot2docker init --memory=4096",
  ],
  [["help", "nope"], 'there is no verb "nope"', "See: boot2docker help"],
])("%j is a usage error with a hint", async (argv, message, hint) => {
  const { result, written } = await parse(...argv);
  expect(result).toMatchObject({ code: "usage", exitCode: 2 });
  expect(result).toHaveProperty("message", typeof message === "string" ? message : expect.stringMatching(message));
  expect(result).toHaveProperty("hint", typeof hint === "string" ? hint : expect.stringMatching(hint));
  expect(written).toBe("");
});

test("help lists every verb that is not hidden, and is no failure", async () => {
  for (const argv of [[], ["--help"], ["help"]]) {
    const { result, written } = await parse(...argv);
    expect(result).toBe(0);
    for (const [name, { isHidden }] of rows) {
      expect(new RegExp(`^ +${name}\\b`, "m").test(written), name).toBe(isHidden !== true);
    }
  }
});

test.each(rows)("%s explains itself with --help", async (name, { summary }) => {
  const { result, written } = await parse(name, "--help");
  expect(result).toBe(0);
  expect(written.replaceAll(/\s+/g, " ").toLowerCase()).toContain(summary.toLowerCase());
});
