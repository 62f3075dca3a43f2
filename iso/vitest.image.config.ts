import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["image/*.test.ts"],
    // Limits against hanging: a build takes half a minute where nothing else runs.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ["verbose"],
  },
});
