const ownName = /(?<![\w./-])boot2docker(?= (?:init|up|down|restart|status|ip|env|ssh|logs|delete|version|help)\b)/g;

/** Texts name this command `boot2docker VERB`. The user's own is another one in a checkout, or by a path. */
export function asTyped(text: string, programName: string): string {
  return text.replaceAll(ownName, () => programName);
}
