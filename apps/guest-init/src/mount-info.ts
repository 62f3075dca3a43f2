export interface MountFacts {
  source: string;
  fstype: string;
  /** Of this mount, without those of the file system. */
  options: string[];
}

/**
 * What is mounted where, from the text of /proc/self/mountinfo (proc_pid_mountinfo(5)), in the order of mounting; a
 * place that is mounted over shows the upper one. Empty without text.
 */
export function parseMountInfo(text: string | undefined): Map<string, MountFacts> {
  const mounts = new Map<string, MountFacts>();
  for (const line of (text ?? "").split("\n")) {
    // Optional fields stand between the options and a lone dash.
    const [left, right] = line.split(" - ");
    if (left === undefined || right === undefined) continue;
    const [, , , , target, options] = left.split(" ");
    const [fstype, source] = right.split(" ");
    if (target === undefined || options === undefined || fstype === undefined || source === undefined) continue;
    const name = unescape(target);
    mounts.delete(name); // so that it comes last
    mounts.set(name, { source: unescape(source), fstype, options: options.split(",") });
  }
  return mounts;
}

/** The kernel writes space, tab, newline and backslash as octal. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
