import { UserError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { powershellQuoted } from "../shell-env.ts";
import { escapeXml, type LoginEntry, type LoginJob, runTool, startArguments } from "./login-entry.ts";

/** A task of Task Scheduler. Its tasks are of all users, so the name has the user's; a machine's name has no dot. */
export function taskEntry(host: Host, dir: MachineDir): LoginEntry {
  const { files, env } = host;
  const { USERDOMAIN: domain = ".", USERNAME: user = "" } = env;
  const task = `boot2docker-${dir.name}.${user}`;
  const schtasks = (args: readonly string[], signal: AbortSignal): Promise<string> =>
    runTool(host, { command: "schtasks", args: [...args, "/TN", task], hint: hintFor(dir.name) }, signal);
  return {
    place: task,

    async read(signal) {
      try {
        const text = await schtasks(["/Query", "/XML"], signal);
        return { text, isOn: !text.includes("<Enabled>false</Enabled>") };
      } catch (error) {
        // Its exit code is the same whatever was wrong, and its words are in the user's language.
        if (error instanceof UserError) return undefined;
        throw error;
      }
    },

    async write(job, signal) {
      try {
        await files.writeAtomic(dir.autostartTask, encode(renderTask(job, `${domain}\\${user}`)));
        await schtasks(["/Create", "/F", "/XML", dir.autostartTask], signal);
      } finally {
        await files.remove(dir.autostartTask);
      }
    },

    async remove(signal) {
      await schtasks(["/Delete", "/F"], signal);
    },
  };
}

const hintFor = (name: string): string =>
  `Without Task Scheduler, put a shortcut into your Startup folder (shell:startup) that calls: boot2docker up ${name}`;

/**
 * Schema: [MS-TSCH] 2.5. A trigger without a user is one for all users, which only administrators may make. What is not said is
 * not on batteries, for three days, and below normal priority, which the VM would inherit.
 */
export function renderTask(job: LoginJob, user: string): string {
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>${job.mark}</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <UserId>${escapeXml(user)}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${escapeXml(user)}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <Priority>5</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>powershell.exe</Command>
      <Arguments>-NoProfile -NonInteractive -WindowStyle Hidden -Command "${escapeXml(renderScript(job))}"</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}

/** A task can neither set variables nor hide a console. There are no double quotes in it: no path of Windows has one. */
function renderScript(job: LoginJob): string {
  const { program, environment } = job;
  const variables = Object.entries(environment).map(([name, value]) => `$Env:${name} = ${powershellQuoted(value)}; `);
  const words = [...program, ...startArguments(job)].map(powershellQuoted);
  return `${variables.join("")}& ${words.join(" ")}; exit $LASTEXITCODE`;
}

/** What schtasks takes for sure. */
function encode(text: string): Uint8Array {
  return Buffer.from(`\uFEFF${text}`, "utf16le");
}
