import type { Reason } from "@boot2docker/protocol";
import { exitCodes, UserError } from "../errors.ts";
import { reasonsOf } from "../guest-state.ts";
import type { Machine } from "../machine/machine.ts";
import type { SshAddress, SshConnection } from "../ssh/connect.ts";
import { runningStatus } from "./machines.ts";
import type { Context } from "./verb.ts";

const serverLimitMs = 120_000;
const connectLimitMs = 60_000;
const pollMs = 300;

/** An ssh connection to a machine that runs, as the guest's user docker. Who gets the client ends it. */
export async function logIn(context: Context, machine: Machine): Promise<SshConnection & { address: SshAddress }> {
  const { host, signal } = context;
  const address = {
    machine: machine.name,
    port: (await machine.readConfig()).sshPort,
    hostKeys: await awaitHostKeys(context, machine),
    privateKey: await readPrivateKey(context, machine),
  };
  const { connectSsh } = await import("../ssh/connect.ts");
  return { ...(await connectSsh(address, host.clock.deadline(connectLimitMs, signal))), address };
}

/** Public keys in the form of authorized_keys. The guest starts its ssh server after Docker: right after `up` it may take another moment. */
export async function awaitHostKeys(context: Context, machine: Machine): Promise<readonly string[]> {
  const { host, ui, signal } = context;
  const look = async () => {
    const status = await runningStatus(context, machine);
    const guest = status.state === "unreachable" ? undefined : status.guest;
    const sshd = guest?.services.find(({ name }) => name === "sshd");
    if (guest === undefined) return [];
    if (guest.lifecycle.name === "rescue" || sshd?.state === "failed") throw noServer(machine, reasonsOf(guest));
    return sshd?.state === "ready" ? guest.sshHostKeys : [];
  };
  const first = await look();
  if (first.length > 0) return first;
  const row = ui.progress.begin("ssh server of the guest ready", serverLimitMs);
  const limit = host.clock.deadline(serverLimitMs, signal);
  try {
    for (;;) {
      await host.clock.delay(pollMs, limit);
      const keys = await look();
      if (keys.length === 0) continue;
      row.done();
      return keys;
    }
  } catch (error) {
    row.fail("not ready");
    if (signal.aborted || !limit.aborted) throw error;
    throw new UserError(`the ssh server of ${machine.name} was not ready in ${serverLimitMs / 1000} s`, {
      code: "ssh-not-ready",
      hint: `See: boot2docker status ${machine.name}, boot2docker logs ${machine.name} sshd`,
      exitCode: exitCodes.connection,
      cause: error,
    });
  }
}

function noServer({ name }: Machine, [reason]: readonly Reason[]): UserError {
  const { code = "ssh-failed", hint = `See: boot2docker logs ${name} sshd` } = reason ?? {};
  const message = `the ssh server of ${name} does not run${reason === undefined ? "" : `: ${reason.message}`}`;
  return UserError.of({ code, message, hint }, { exitCode: exitCodes.connection });
}

async function readPrivateKey({ host }: Context, machine: Machine): Promise<string> {
  const { machineDir } = await import("../machine-dir/dir.ts");
  const path = machineDir(host, machine.name).sshKey;
  const key = await host.files.readText(path);
  if (key !== undefined) return key;
  throw new UserError(`the ssh key of ${machine.name} is missing: ${path}`, {
    code: "ssh-key-missing",
    hint: "Put it back from a copy.",
    exitCode: exitCodes.connection,
  });
}
