/** Enough to see what kind of file it is. */
const MOST_PROBLEMS = 10;

export interface Assignment {
  name: string;
  value: string;
  isExported: boolean;
}

export interface Assignments {
  assignments: Assignment[];
  /** What is no assignment, each with its line. */
  problems: string[];
}

const ASSIGNMENT_START = /^[A-Za-z_]\w*=/;
const ASSIGNMENT = /^([A-Za-z_]\w*)(?:=(.*))?$/s;

/**
 * Reads the assignments of a shell script without running it: `NAME=value` and `export NAME=value`, with quotes, with
 * variables that were assigned before, over several lines. Other commands and substitutions of commands are problems.
 */
export function parseAssignments(text: string): Assignments {
  const assignments: Assignment[] = [];
  const problems: string[] = [];
  const values = new Map<string, string>();
  let at = 0;

  let unlisted = 0;
  /** Lines are counted on from the last problem. */
  let counted = { position: 0, line: 1 };
  const line = (position: number): number => {
    const more = text.slice(counted.position, position).split("\n").length - 1;
    counted = { position, line: counted.line + more };
    return counted.line;
  };
  const skip = (pattern: RegExp): void => {
    at += pattern.exec(text.slice(at))?.[0].length ?? 0;
  };
  const refuse = (start: number, what: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push(`line ${line(start)}: ${what}`);
    else unlisted += 1;
    skip(/^[^\n]*/);
  };

  while (at < text.length) {
    skip(/^(?:[\s;]|#[^\n]*)+/);
    if (at < text.length) readCommand();
  }
  if (unlisted > 0) problems.push(`and ${unlisted} more lines`);
  return { assignments, problems };

  /** One command: assignments up to the end of the line. */
  function readCommand(): void {
    const start = at;
    const isExported = /^export[ \t]/.test(text.slice(at));
    if (isExported) skip(/^export[ \t]+/);
    for (;;) {
      skip(/^(?:[ \t]|\\\n)+/);
      if (at >= text.length || /^[\n;#]/.test(text.slice(at))) return;
      const wordAt = at;
      // Only `export` takes a name in quotes, or one without a value.
      const isName = isExported || ASSIGNMENT_START.test(text.slice(at));
      const word = isName ? readWord() : "";
      if (word === undefined) return;
      const [, name = "", value] = ASSIGNMENT.exec(word) ?? [];
      if (name === "") {
        at = wordAt;
        refuse(start, `only variables are read here, and this is something else: ${firstWords(start)}`);
        return;
      }
      if (value !== undefined) values.set(name, value);
      assignments.push({ name, value: values.get(name) ?? "", isExported });
    }
  }

  /** Undefined when it cannot be understood. */
  function readWord(): string | undefined {
    const start = at;
    let word = "";
    let quote = "";
    for (; at < text.length; at += 1) {
      const char = text.charAt(at);
      if (quote === "'") {
        if (char === "'") quote = "";
        else word += char;
      } else if (char === "\\") {
        at += 1;
        const next = text.charAt(at);
        // In double quotes it only takes the meaning of what has one there.
        if (next !== "\n") word += quote === '"' && !'"\\$`'.includes(next) ? `\\${next}` : next;
      } else if (char === quote) quote = "";
      else if (quote === "" && (char === '"' || char === "'")) quote = char;
      else if (char === "`" || /^\$[({](?![A-Za-z_]\w*})/.test(text.slice(at))) {
        refuse(start, "commands and the like are not carried out here");
        return undefined;
      } else if (char === "$") {
        const [all = "$", braced = "", plain = ""] = /^\$(?:\{(\w+)\}|([A-Za-z_]\w*))/.exec(text.slice(at)) ?? [];
        const name = braced + plain;
        word += name === "" ? "$" : (values.get(name) ?? "");
        at += all.length - 1;
      } else if (quote === "" && /[\s;]/.test(char)) return word;
      else word += char;
    }
    if (quote === "") return word;
    refuse(start, "a quote is not closed");
    return undefined;
  }

  function firstWords(start: number): string {
    return JSON.stringify(text.slice(start, start + 60).split("\n")[0]);
  }
}
