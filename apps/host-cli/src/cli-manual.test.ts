import { expect, test } from "vitest";
import { renderManual } from "./cli-manual.ts";

test("docs/cli.md is what the command table says", async () => {
  await expect(renderManual()).toMatchFileSnapshot("../../../docs/cli.md");
});
