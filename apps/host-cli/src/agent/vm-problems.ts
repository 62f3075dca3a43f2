import type { Reason } from "@boot2docker/protocol";

/** Nothing in the VM runs, and nothing in it answers. */
export function stopsVm({ code }: Reason): boolean {
  return code === "vm-paused" || code === "kernel-panic";
}

/** What QEMU says of itself when the guest does not run: QMP's RunState, qapi/run-state.json. */
export function vmProblems(runState: string, consoleTail: string): Reason[] {
  switch (runState) {
    case "running":
    case "prelaunch": // Not yet, or just going.
    case "inmigrate":
    case "shutdown":
      return [];
    case "io-error": // QEMU's `werror=enospc`, its default: what else fails is told to the guest.
      return [
        {
          code: "vm-paused",
          message: "the VM is paused: the host's disk is full, and could not take what the machine writes",
          hint: "Make room on it: the VM goes on by itself, and has lost nothing.",
        },
      ];
    case "internal-error":
      return [
        {
          code: "vm-paused",
          message: "the VM is stopped: this host's accelerator could not execute the guest",
          hint: "Nested virtualisation is often incomplete. Run `boot2docker down --force`, then set BOOT2DOCKER_ACCELERATOR=tcg.",
        },
      ];
    case "guest-panicked":
      return [panicked(panicOf(consoleTail))];
    default: {
      const panic = panicOf(consoleTail); // We paused it after that.
      if (panic !== undefined) return [panicked(panic)];
      return [{ code: "vm-paused", message: `the VM does not run: its state is ${runState}` }];
    }
  }
}

function panicked(panic: string | undefined): Reason {
  return {
    code: "kernel-panic",
    message: `the guest's kernel panicked while it was starting; the VM is stopped${panic === undefined ? "" : `: ${panic}`}`,
    hint: "What it said is at the end of `boot2docker logs console`. To end it: boot2docker down --force",
  };
}

/** The kernel's own words: `Kernel panic - not syncing: …`, kernel/panic.c. */
function panicOf(consoleTail: string): string | undefined {
  return consoleTail.match(/Kernel panic - [^\r\n]*/g)?.at(-1); // A reset does not begin a new log.
}
