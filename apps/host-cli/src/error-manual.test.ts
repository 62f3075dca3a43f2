import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorCodes } from "./error-codes.ts";
import { renderErrors } from "./error-manual.ts";

const sources = globSync("**/*.ts", { cwd: import.meta.dirname })
  .filter((path) => !/\.test\.ts$|^testing\/|^error-codes/.test(path))
  .map((path) => readFileSync(join(import.meta.dirname, path), "utf8"))
  .join("\n");

test("docs/errors.md is what the table of codes says", async () => {
  await expect(renderErrors()).toMatchFileSnapshot("../../../docs/errors.md");
});

test("every code of the table is used, and every one that is used is in it", () => {
  const used = [...sources.matchAll(/\b(?:code: |failure\(|tooLittle\()"([a-z-]+)"/g)].map(([, code]) => code);
  const known = Object.keys(errorCodes);
  expect([...new Set(used)].filter((code) => !known.includes(code ?? ""))).toEqual([]);
  expect(known.filter((code) => !sources.includes(`"${code}"`))).toEqual([]);
});
