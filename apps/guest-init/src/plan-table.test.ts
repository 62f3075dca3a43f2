import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { renderPlans } from "./plan-table.ts";

it("docs/boot.md is what `guest-init plan --dry-run` prints", () => {
  const file = new URL("../../../docs/boot.md", import.meta.url);
  // To renew it: node apps/guest-init/src/main.ts plan --dry-run >docs/boot.md
  expect(readFileSync(file, "utf8")).toBe(renderPlans());
});
