import { expect, test } from "vitest";
import { releaseMemory } from "./memory.ts";

test("what is not needed any more goes", () => {
  let large: number[] | undefined = Array.from({ length: 4 << 20 }, (_, index) => index / 3);
  expect(large).toHaveLength(4 << 20);
  large = undefined;
  const before = process.memoryUsage().heapTotal;
  releaseMemory();
  expect(before - process.memoryUsage().heapTotal).toBeGreaterThan(16 << 20);
});
