import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findMissing, parseFragments } from "./fragments.ts";

test("an option, a refusal and a comment are told apart", () => {
  const text = '# why\nCONFIG_A=y\n# CONFIG_B is not set\n\nCONFIG_C="x y"\n';
  expect(parseFragments([{ name: "f", text }]).map(({ name, value, where }) => [name, value, where])).toEqual([
    ["A", "y", "f:2"],
    ["B", "n", "f:3"],
    ["C", '"x y"', "f:5"],
  ]);
});

test("an option that two fragments name fails, with both places", () => {
  const fragments = [
    { name: "one", text: "CONFIG_A=y" },
    { name: "two", text: "# CONFIG_A is not set" },
  ];
  expect(() => parseFragments(fragments)).toThrow("two:1: CONFIG_A is already set in one:1");
});

test("a line that is no option fails", () => {
  expect(() => parseFragments([{ name: "f", text: "CONFG_A=y" }])).toThrow("f:1: not an option: CONFG_A=y");
});

test("what kconfig dropped, changed or forced on is missing", () => {
  const wanted = parseFragments([
    { name: "f", text: "CONFIG_KEPT=y\nCONFIG_DROPPED=y\nCONFIG_CHANGED=y\n# CONFIG_FORCED is not set" },
  ]);
  const config = "CONFIG_KEPT=y\n# CONFIG_DROPPED is not set\nCONFIG_CHANGED=m\nCONFIG_FORCED=y\n";
  expect(findMissing(wanted, config).map(({ name, value, actual }) => `${name} ${value}→${actual}`)).toEqual([
    "DROPPED y→n",
    "CHANGED y→m",
    "FORCED n→y",
  ]);
});

test("the project's own fragments parse, and each begins with its reason", () => {
  const root = new URL("../config/", import.meta.url);
  const fragments = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".config"))
    .map((name) => ({ name, text: readFileSync(new URL(name, root), "utf8") }));
  expect(parseFragments(fragments).length).toBeGreaterThan(300);
  expect(fragments.filter(({ text }) => !text.startsWith("# ") || text.startsWith("# CONFIG_"))).toEqual([]);
});
