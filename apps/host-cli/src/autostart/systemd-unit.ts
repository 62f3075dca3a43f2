import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { type LoginEntry, type LoginJob, runTool, startArguments } from "./login-entry.ts";

/** A unit of the user's own systemd. */
export function unitEntry(host: Host, { name }: MachineDir): LoginEntry {
  const { files } = host;
  const directory = `${configHome(host)}/systemd/user`;
  const unit = `boot2docker-${name}.service`;
  const path = `${directory}/${unit}`;
  const link = `${directory}/default.target.wants/${unit}`;
  const systemctl = (args: readonly string[], signal: AbortSignal): Promise<string> =>
    runTool(host, { command: "systemctl", args: ["--user", ...args], hint: hintFor(name) }, signal);
  return {
    place: path,

    async read() {
      const text = await files.readText(path);
      return text === undefined ? undefined : { text, isOn: (await files.readLink(link)) !== undefined };
    },

    async write(job, signal) {
      // `enable` alone would do, and would make its link also where no systemd runs: this asks whether one does.
      await systemctl(["daemon-reload"], signal);
      await files.makeDirectory(directory);
      await files.writeAtomic(path, renderUnit(job));
      await systemctl(["enable", unit], signal);
    },

    /** Not by systemctl, which has systemd read its files again: it would forget how to end a machine that it has started. */
    async remove() {
      await files.remove(link);
      await files.remove(path);
    },
  };
}

/** One that is not absolute is to be ignored: XDG Base Directory Specification. */
function configHome({ env, homeDir }: Host): string {
  const named = env["XDG_CONFIG_HOME"] ?? "";
  return named.startsWith("/") ? named : `${homeDir}/.config`;
}

const hintFor = (name: string): string =>
  "This needs a systemd of this user, which a login starts, and su and sudo do not. Without one, have what your desktop or " +
  `shell calls at login call: boot2docker up ${name}`;

/** systemd.service(5), systemd.exec(5), systemd.kill(5). At logout the user's systemd as a whole has 120 s, by its user@.service. */
export function renderUnit(job: LoginJob): string {
  const { name, program, environment, mark } = job;
  const variables = Object.entries(environment).map(
    ([variable, value]) => `Environment=${quote(`${variable}=${value}`)}`,
  );
  return `# ${mark}
[Unit]
Description=boot2docker machine ${name}

[Service]
Type=oneshot
# The VM and its host agent live on when \`up\` is done.
RemainAfterExit=yes
${variables.join("\n")}
# With "-" a machine whose start failed half-way is shut down at logout, too.
ExecStart=-${commandLine([...program, ...startArguments(job)])}
ExecStop=${commandLine([...program, "down", name])}
# Each wait of up and down has its own limit.
TimeoutSec=infinity
# A VM that does not shut down in time is killed by \`down --force\` alone, and one that has lost its host agent goes on.
KillMode=process
OOMPolicy=continue

[Install]
WantedBy=default.target
`;
}

/** Through a shell: systemd itself starts no program whose path has quotes or backslashes. */
function commandLine(words: readonly string[]): string {
  return ["/bin/sh", "-c", 'exec "$0" "$@"', ...words].map((word) => quote(word).replaceAll("$", "$$$$")).join(" ");
}

function quote(text: string): string {
  const escaped = text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`);
  return `"${escaped.replaceAll("%", "%%")}"`;
}
