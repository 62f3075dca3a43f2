import { expect, test } from "vitest";
import { renderMachineDirDocument } from "./dir-document.ts";

test("docs/machine-dir.md is what the table of files says", async () => {
  await expect(renderMachineDirDocument()).toMatchFileSnapshot("../../../../docs/machine-dir.md");
});
