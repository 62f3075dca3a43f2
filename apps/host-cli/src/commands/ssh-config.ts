import { awaitHostKeys } from "./log-in.ts";
import { namedMachine } from "./machines.ts";
import { machineOperand, verb } from "./verb.ts";

export const sshConfig = verb({
  aliases: [],
  summary: "print what OpenSSH's own client needs to reach a machine",
  details:
    "An entry of ssh_config(5), for editors and others that log in by ssh(1), and for what only ssh(1) can do. Its host is called as the " +
    "machine's docker context. It stays valid until the machine gets another ssh port. For all that use ssh, put the line `Include boot2docker.conf` on top of ~/.ssh/config. Exit code 3, and nothing on stdout, when the machine does not run.",
  examples: [
    "boot2docker ssh-config > ~/.ssh/boot2docker.conf",
    "boot2docker ssh-config work > work.conf && ssh -F work.conf -N -D 1080 boot2docker-work",
  ],
  operands: [machineOperand],
  options: {},
  async run(context, { operands }) {
    const { host, ui } = context;
    const machine = await namedMachine(context, operands);
    const hostKeys = await awaitHostKeys(context, machine);
    const [{ machineDir }, { contextName }, { pinnedOptions, renderKnownHosts, sshUser }] = await Promise.all([
      import("../machine-dir/dir.ts"),
      import("../docker-context/docker-context.ts"),
      import("../ssh/openssh.ts"),
    ]);
    const { sshPort } = await machine.readConfig();
    const dir = machineDir(host, machine.name);
    // The agent's, where it has OpenSSH: with the same in it.
    await host.files.writeAtomic(dir.knownHosts, renderKnownHosts(sshPort, hostKeys));
    const options = { HostName: "127.0.0.1", Port: sshPort, User: sshUser, ...pinnedOptions(dir) };
    ui.result(`Host ${contextName(machine.name)}`);
    for (const [name, value] of Object.entries(options)) ui.result(`  ${name} ${value}`);
  },
});
