import { expect, it } from "vitest";
import { parseKernelParameters } from "./kernel-parameters.ts";

const serial = (terminal: string) => ({ id: "console", terminal });
const screen = { id: "screen", terminal: "/dev/tty1" };

it.each([
  ["console=ttyS0 quiet", { wantsConsole: false, consoles: [serial("/dev/ttyS0")] }],
  ["console=tty0 console=ttyS1,115200 b2d.console\n", { wantsConsole: true, consoles: [screen, serial("/dev/ttyS1")] }],
  ["console=tty0 b2d.console", { wantsConsole: true, consoles: [screen] }],
  ["quiet b2d.consoles", { wantsConsole: false, consoles: [serial("/dev/ttyS0")] }],
])("reads %j", (text, parameters) => {
  expect(parseKernelParameters(text)).toEqual(parameters);
});
