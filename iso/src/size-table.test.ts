import { expect, test } from "vitest";
import type { Manifest } from "./manifest.ts";
import { checkBudgets, planSizes, renderSizes } from "./size-table.ts";

const sized = (sizeBytes: number) => ({ name: "x", sha256: "0".repeat(64), sizeBytes });

function manifest(sizes: { root: number; iso: number }): Manifest {
  return {
    formatVersion: 1,
    version: "1",
    arch: "x86_64",
    dockerVersion: "28",
    kernelVersion: "6",
    unlocked: false,
    files: {
      kernel: sized(8e6),
      initrd: sized(1e6),
      root: { ...sized(300e6), stream: { ...sized(sizes.root), compression: "xz" } },
      iso: sized(sizes.iso),
    },
  };
}

test("the download is kernel, initrd and the compressed root", () => {
  const table = renderSizes(planSizes(manifest({ root: 70e6, iso: 90e6 })));
  expect(table).toMatch(/download \(these three\) +79\.0 MB  of 90\.0 MB/);
});

test("a size at its budget passes; beyond it the build fails with each one that is over", () => {
  const at = planSizes(manifest({ root: 81e6, iso: 100e6 }));
  const over = planSizes(manifest({ root: 81e6 + 1, iso: 103e6 }));
  expect(() => checkBudgets(at)).not.toThrow();
  expect(() => checkBudgets(over)).toThrow(/download .*\nISO +103\.0 MB  of 100\.0 MB/);
});
