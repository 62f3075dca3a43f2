/** A wanted value of one kernel option: `y`, `m`, a quoted string or a number, or `n` for "must not be set". */
export interface WantedOption {
  name: string;
  value: string;
  /** `file:line`, for messages. */
  where: string;
}

export interface Fragment {
  name: string;
  text: string;
}

/**
 * Reads the options out of configuration fragments (kernel: Documentation/kbuild/kconfig-language.rst).
 *
 * Throws when a line is neither an option nor a comment, or an option is named twice: two opinions on one option are
 * a mistake that `merge_config.sh` would settle silently.
 */
export function parseFragments(fragments: readonly Fragment[]): WantedOption[] {
  const seen = new Map<string, WantedOption>();
  const problems: string[] = [];
  for (const fragment of fragments) {
    fragment.text.split("\n").forEach((line, index) => {
      const where = `${fragment.name}:${String(index + 1)}`;
      const option = parseLine(line, where);
      if (option === undefined) {
        if (line.trim() !== "" && !line.startsWith("#")) problems.push(`${where}: not an option: ${line}`);
        return;
      }
      const earlier = seen.get(option.name);
      if (earlier === undefined) seen.set(option.name, option);
      else problems.push(`${where}: CONFIG_${option.name} is already set in ${earlier.where}`);
    });
  }
  if (problems.length > 0) throw new Error(`kernel configuration:\n  ${problems.join("\n  ")}`);
  return [...seen.values()];
}

function parseLine(line: string, where: string): WantedOption | undefined {
  const set = /^CONFIG_(\w+)=(.+)$/.exec(line);
  if (set?.[1] !== undefined && set[2] !== undefined) return { name: set[1], value: set[2], where };
  const unset = /^# CONFIG_(\w+) is not set$/.exec(line);
  return unset?.[1] === undefined ? undefined : { name: unset[1], value: "n", where };
}

export interface MissingOption extends WantedOption {
  /** What the final configuration has instead; `n` when the option is not in it. */
  actual: string;
}

/** The wanted options that a final `.config` does not have (BLD-07): kconfig drops what a dependency forbids, silently. */
export function findMissing(wanted: readonly WantedOption[], config: string): MissingOption[] {
  const actual = new Map(
    config.split("\n").flatMap((line) => {
      const option = parseLine(line, "");
      return option === undefined ? [] : [[option.name, option.value] as const];
    }),
  );
  return wanted
    .map((option) => ({ ...option, actual: actual.get(option.name) ?? "n" }))
    .filter((option) => option.actual !== option.value);
}
