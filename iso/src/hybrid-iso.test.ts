import { expect, test } from "vitest";
import { volumeLabel } from "./hybrid-iso.ts";

test("docker-machine reads the version behind -v", () => {
  expect(volumeLabel("0.1.0+docker28.5.2").split("-v")[1]).toBe("0.1.0+docker28.5.2");
});

test("a label that does not fit into its 32 bytes is refused", () => {
  expect(() => volumeLabel("1".repeat(27))).not.toThrow();
  expect(() => volumeLabel("1".repeat(28))).toThrow("longer than 32");
});
