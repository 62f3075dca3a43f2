import { usageError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { Machine } from "../machine/machine.ts";
import { quoteWord, renderEnv, type ShellName, shellNames, shellOfProgram, type Variables } from "../shell-env.ts";
import { callingShell } from "./calling-shell.ts";
import { address, namedMachine, runningStatus } from "./machines.ts";
import { type Context, defaultMachine, jsonOption, machineOperand, verb } from "./verb.ts";

export const env = verb({
  aliases: ["shellinit", "socket"],
  summary: "print what makes a shell's docker client use the machine",
  details:
    "DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH and DOCKER_MACHINE_NAME, in the words of the shell that asks. They stay " +
    "valid for the machine's life. In a shell that has a proxy, also NO_PROXY with the machine's address. Exit code 3, and " +
    "nothing on stdout, when it does not run.",
  examples: ['eval "$(boot2docker env)"', "boot2docker env --shell fish | source", 'eval "$(boot2docker env --unset)"'],
  operands: [machineOperand],
  options: {
    shell: {
      flags: "--shell <name>",
      summary: `${shellNames.join(", ")}; the calling one when not given`,
      choices: shellNames,
    },
    unset: { flags: "-u, --unset", summary: "unset them again; needs no machine" },
    dockerFlags: {
      flags: "--docker-flags",
      summary: "print options of the docker client instead: docker $(boot2docker env --docker-flags) ps",
    },
    noProxy: { flags: "--no-proxy", summary: "NO_PROXY also where there is no proxy" },
    ...jsonOption,
  },
  async run(context, { operands, options }) {
    const { host, ui } = context;
    if (options.dockerFlags) {
      ui.result(await dockerFlags(context, await namedMachine(context, operands)));
      return;
    }
    const shell = options.shell === undefined ? await callingShell(context) : parseShell(options.shell);
    const machine = await namedMachine(context, operands);
    const noProxy = options.noProxy || hasProxy(host) ? noProxyVariable(host, options.unset === true) : {};
    const variables = options.unset ? unsetVariables : await setVariables();
    const all = { ...variables, ...noProxy };
    const flags = [...(options.unset ? ["--unset"] : []), ...(options.shell === undefined ? [] : ["--shell", shell])];
    if (options.json) ui.json({ name: machine.name, variables: orNull(all) });
    else ui.result(renderEnv(shell, all, envCommand(context, machine.name, flags), context.terminal.isInteractive));

    async function setVariables(): Promise<Variables> {
      await runningStatus(context, machine);
      const [{ dockerPort }, { machineDir }] = await Promise.all([
        machine.readConfig(),
        import("../machine-dir/dir.ts"),
      ]);
      return {
        DOCKER_TLS_VERIFY: "1",
        DOCKER_HOST: `tcp://${address}:${dockerPort}`,
        DOCKER_CERT_PATH: machineDir(host, machine.name).tlsDir,
        DOCKER_MACHINE_NAME: machine.name,
      };
    }
  },
});

/** What is to be unset, as JSON has it. */
function orNull(variables: Variables): Record<string, string | null> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value ?? null]));
}

/** As `docker-machine config` had them. */
async function dockerFlags(context: Context, machine: Machine): Promise<string> {
  await runningStatus(context, machine);
  const [{ dockerPort }, { machineDir }] = await Promise.all([machine.readConfig(), import("../machine-dir/dir.ts")]);
  const { tlsCa, tlsCert, tlsKey } = machineDir(context.host, machine.name);
  const files = [`--tlscacert=${tlsCa}`, `--tlscert=${tlsCert}`, `--tlskey=${tlsKey}`];
  return ["--tlsverify", ...files, `-H=tcp://${address}:${dockerPort}`]
    .map((word) => quoteWord(word, context.host.platform))
    .join(" ");
}

/** What to type for it; the default machine goes without saying. */
export function envCommand({ programName }: Context, name: string, flags: readonly string[] = []): string {
  return [programName, "env", ...flags, ...(name === defaultMachine ? [] : [name])].join(" ");
}

const unsetVariables: Variables = {
  DOCKER_TLS_VERIFY: undefined,
  DOCKER_HOST: undefined,
  DOCKER_CERT_PATH: undefined,
  DOCKER_MACHINE_NAME: undefined,
};

/** Some clients ask a proxy for the loopback, too. */
function hasProxy({ env: variables }: Host): boolean {
  return Object.entries(variables).some(
    ([name, value]) => /^(http|https|all)_proxy$/i.test(name) && value !== undefined && value !== "",
  );
}

/** The address in the list, or out of it; under the name that is in use already. */
function noProxyVariable({ env: variables }: Host, isUnset: boolean): Variables {
  const name = variables["no_proxy"] === undefined ? "NO_PROXY" : "no_proxy";
  const others = (variables[name] ?? "").split(",").filter((entry) => entry !== "" && entry !== address);
  const entries = isUnset ? others : [...others, address];
  return { [name]: entries.length === 0 ? undefined : entries.join(",") };
}

function parseShell(text: string): ShellName {
  const shell = shellOfProgram(text);
  if (shell !== undefined) return shell;
  throw usageError(`--shell ${text}: no such shell is known here`, `Known are ${shellNames.join(", ")}.`);
}
