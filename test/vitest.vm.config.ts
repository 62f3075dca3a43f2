import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // The core suite; `LONG=1` is for the others, which boot many machines for one claim.
    include: process.env["LONG"] === undefined ? ["vm/*.vm.test.ts"] : ["vm/long/*.vm.test.ts"],
    // One VM at a time: under software emulation one of them fills two cores.
    fileParallelism: false,
    // A limit against hanging, far above what emulation needs; speed is the benchmarks' business.
    testTimeout: 240_000,
    hookTimeout: 420_000,
    reporters: ["verbose"],
    bail: 0,
  },
});
