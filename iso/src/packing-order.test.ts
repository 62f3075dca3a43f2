import { expect, test } from "vitest";
import { planPackingOrder } from "./packing-order.ts";
import { directory, file, planTree } from "./tree.ts";

test("parents come before the files, then the first, the others and the last, and nothing is lost", () => {
  const tree = planTree([
    file("/a/x", ""),
    file("/a/last", ""),
    file("/b/big", ""),
    file("/c/bigger", ""),
    directory("/d"),
  ]);
  const order = planPackingOrder(tree, ["/c/bigger", "/gone", "/b/big"], new Set(["/a/last"])).map(({ path }) => path);
  expect(order).toEqual(["/a", "/b", "/c", "/d", "/c/bigger", "/b/big", "/a/x", "/a/last"]);
});
