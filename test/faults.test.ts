import { expect, test } from "vitest";
import { renderFaults } from "./faults.ts";

test("docs/faults.md has each fault that a VM test tries", async () => {
  const text = await renderFaults();
  expect(text).toContain("| a killed guest-init ");
  await expect(text).toMatchFileSnapshot("../docs/faults.md");
});
