import { expect, it } from "vitest";
import { parseKernelParameters } from "./kernel-parameters.ts";

it.each([
  ["console=ttyS0 quiet", { wantsConsole: false, terminal: "/dev/ttyS0" }],
  ["console=tty0 console=ttyS1,115200 b2d.console\n", { wantsConsole: true, terminal: "/dev/ttyS1" }],
  ["quiet b2d.consoles", { wantsConsole: false, terminal: "/dev/ttyS0" }],
  ["", { wantsConsole: false, terminal: "/dev/ttyS0" }],
])("%j", (text, parameters) => {
  expect(parseKernelParameters(text)).toEqual(parameters);
});
