import { expect, test } from "vitest";
import { parseSources } from "./sources.ts";

test("one-line files: options, other types and comments", () => {
  const text = `
# deb http://comment.invalid/debian forky main
deb-src http://source.invalid/debian forky main
deb [arch=amd64 signed-by=/x.gpg] http://one.invalid/debian/ forky main contrib
  deb\thttps://two.invalid/debian forky main # why
`;
  expect(parseSources([{ name: "sources.list", text }])).toEqual([
    "http://one.invalid/debian",
    "https://two.invalid/debian",
  ]);
});

test("deb822 files: several addresses, continued lines, comments, disabled stanzas, sources only", () => {
  const text = `# made by an installer
Types: deb deb-src
URIs: http://one.invalid/debian
# http://comment.invalid/debian
 http://two.invalid/debian/
Suites: forky

Enabled: no
Types: deb
URIs: http://off.invalid/debian

Types: deb-src
URIs: http://source.invalid/debian

types: deb
uris: http://three.invalid/debian
`;
  const found = parseSources([{ name: "debian.sources", text }]);
  expect(found).toEqual(["http://one.invalid/debian", "http://two.invalid/debian", "http://three.invalid/debian"]);
});

test("an archive that two files name comes once, at its first place", () => {
  const files = ["a", "b", "a"].map((host) => ({ name: "x.list", text: `deb http://${host}.invalid x main` }));
  expect(parseSources(files)).toEqual(["http://a.invalid", "http://b.invalid"]);
});
