import type { GuestState, Reason } from "@boot2docker/protocol";

const command =
  /(?<![\w./-])boot2docker (init|up|down|restart|poweroff|reset|list|active|status|inspect|ip|url|ports|mount|umount|env|ssh|ssh-config|cp|console|logs|events|timeline|config|set|disk \w+|context \w+|autostart \w+|certs|regenerate-certs|delete|version|completion|describe|help)(?![\w-])/g;

/** Texts name this command `boot2docker VERB`. The user's own is another one in a checkout, or by a path. */
export function asTyped(text: string, programName: string): string {
  return text.replaceAll(command, (_, verb: string) => `${programName} ${verb}`);
}

/** Who does not know which machine it is speaks of `boot2docker VERB …` alone; every verb takes the name first, `disk` behind its action. */
export function nameMachine(reason: Reason, machine: string): Reason {
  const { hint } = reason;
  return hint === undefined ? reason : { ...reason, hint: hint.replaceAll(command, (words) => `${words} ${machine}`) };
}

export function nameMachineIn(state: GuestState, machine: string): GuestState {
  const { lifecycle } = state;
  switch (lifecycle.name) {
    case "degraded":
      return {
        ...state,
        lifecycle: { ...lifecycle, reasons: lifecycle.reasons.map((reason) => nameMachine(reason, machine)) },
      };
    case "rescue":
      return { ...state, lifecycle: { ...lifecycle, reason: nameMachine(lifecycle.reason, machine) } };
    case "starting":
    case "ready":
    case "stopping":
      return state;
  }
}
