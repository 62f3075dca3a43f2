/**
 * The archives that apt's source files name, in their order, each once: one-line `.list` and deb822 `.sources`
 * (sources.list(5)). Entries that are switched off or only for sources are left out.
 */
export function parseSources(files: readonly { name: string; text: string }[]): string[] {
  const bases = files.flatMap(({ name, text }) => (name.endsWith(".sources") ? parseDeb822(text) : parseOneLine(text)));
  return [...new Set(bases.map((base) => base.replace(/\/+$/, "")))];
}

function parseOneLine(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const entry = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)/.exec(line);
    return entry?.[1] === undefined ? [] : [entry[1]];
  });
}

function parseDeb822(text: string): string[] {
  const withoutComments = text.split("\n").filter((line) => !line.startsWith("#"));
  return withoutComments
    .join("\n")
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const field = (name: string) => new RegExp(`^${name}:((?:.*)(?:\\n[ \\t].*)*)`, "im").exec(stanza)?.[1]?.trim();
      if (field("Enabled")?.toLowerCase() === "no") return [];
      if (!field("Types")?.split(/\s+/).includes("deb")) return [];
      return field("URIs")?.split(/\s+/) ?? [];
    });
}
