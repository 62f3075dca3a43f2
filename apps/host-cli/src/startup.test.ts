import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

/** Files that are loaded with one, whatever it does: what is imported, but for types and on demand. */
function loadedWith(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const imports = [...readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type )[^;]*?from "([^"]+)";/gms)];
  for (const [, path = ""] of imports) {
    if (path.startsWith(".") && existsSync(join(dirname(file), path))) loadedWith(join(dirname(file), path), found);
    else found.add(path);
  }
  return found;
}

test("a command line is answered without what most commands do without", () => {
  const loaded = [...loadedWith(join(import.meta.dirname, "main.ts"))].filter((path) => !path.startsWith("/"));
  expect(loaded.sort()).toEqual(["commander"]);
});
