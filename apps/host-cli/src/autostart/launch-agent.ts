import type { Host } from "../host.ts";
import type { MachineDir } from "../machine-dir/dir.ts";
import { escapeXml, type LoginEntry, type LoginJob, startArguments } from "./login-entry.ts";

/**
 * A file that launchd reads at login, and no sooner: to load it (`launchctl bootstrap`) would start the machine now. One that is
 * loaded has done all that it does, so nothing is to be unloaded either.
 */
export function launchAgentEntry({ files, homeDir }: Host, { name }: MachineDir): LoginEntry {
  const directory = `${homeDir}/Library/LaunchAgents`;
  const path = `${directory}/${labelOf(name)}.plist`;
  return {
    place: path,
    async read() {
      const text = await files.readText(path);
      return text === undefined ? undefined : { text, isOn: true };
    },
    async write(job) {
      await files.makeDirectory(directory);
      await files.writeAtomic(path, renderLaunchAgent(job));
    },
    remove: () => files.remove(path),
  };
}

const labelOf = (name: string): string => `io.boot2docker.${name}`;

/**
 * launchd.plist(5). Without AbandonProcessGroup launchd kills what `up` leaves behind; as a background process the VM would be
 * throttled.
 */
export function renderLaunchAgent(job: LoginJob): string {
  const { name, program, environment, mark, logPath } = job;
  const variables = Object.entries(environment).flatMap(([variable, value]) => [
    `    <key>${variable}</key>`,
    `    ${string(value)}`,
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- ${mark} -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  ${string(labelOf(name))}
  <key>ProgramArguments</key>
  <array>
${[...program, ...startArguments(job)].map((word) => `    ${string(word)}`).join("\n")}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${variables.join("\n")}
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>AbandonProcessGroup</key>
  <true/>
  <key>ProcessType</key>
  <string>Interactive</string>
  <key>StandardOutPath</key>
  ${string(logPath)}
  <key>StandardErrorPath</key>
  ${string(logPath)}
</dict>
</plist>
`;
}

const string = (text: string): string => `<string>${escapeXml(text)}</string>`;
