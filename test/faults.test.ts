import { expect, test } from "vitest";
import { renderFaults } from "./faults.ts";

/** It reads all tests and formats the table, while the image is built beside it. */
const limitMs = 60_000;

test("docs/faults.md has each fault that a VM test tries", { timeout: limitMs }, async () => {
  const text = await renderFaults();
  expect(text).toContain("| a killed guest-init ");
  await expect(text).toMatchFileSnapshot("../docs/faults.md");
});
