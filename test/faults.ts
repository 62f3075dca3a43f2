import { dirname, join, relative } from "node:path";
import { createRequire } from "node:module";
import { must } from "./harness/run.ts";

interface Listed {
  name: string;
  file: string;
}

/** Text of docs/faults.md: of all VM tests those whose name is `fault: outcome`. */
export async function renderFaults(): Promise<string> {
  const rows = [...(await listTests({})), ...(await listTests({ LONG: "1" }))].flatMap(({ name, file }) => {
    // What stands in brackets are the cases of one test.
    const [fault = "", outcome] = name.replace(/ \([^)]*[%$][^)]*\)/, "").split(/: (.*)/s);
    return outcome === undefined ? [] : [[fault, outcome, `\`${relative(import.meta.dirname, file)}\``]];
  });
  return `<!-- Made of the names of the VM tests by test/faults.ts: change those, then run its test with --update. -->

# Faults and what comes of them

Each row is a test with a real machine. Those in \`vm/long\` are a part of \`npm run test:all\`.

${renderTable([["what happens", "what comes of it", "in test/"], ...rows])}
`;
}

/** As Prettier would have it. */
function renderTable([head = [], ...rows]: readonly string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], fill: string): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |`;
  return [
    line(head, " "),
    line(
      head.map(() => ""),
      "-",
    ),
    ...rows.map((row) => line(row, " ")),
  ].join("\n");
}

/** Without running any: vitest reads the names from the files. */
async function listTests(env: Record<string, string>): Promise<Listed[]> {
  const vitest = dirname(createRequire(import.meta.url).resolve("vitest/package.json"));
  const options = ["list", "--config", join(import.meta.dirname, "vitest.vm.config.ts"), "--json"];
  const inherited = Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      value === undefined || key === "LONG" ? [] : [[key, value]],
    ),
  );
  const listed = await must(process.execPath, [join(vitest, "vitest.mjs"), ...options], {
    cwd: import.meta.dirname,
    env: { ...inherited, ...env },
  });
  return JSON.parse(listed) as Listed[]; // vitest's own format.
}
