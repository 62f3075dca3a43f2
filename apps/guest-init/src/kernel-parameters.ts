/** What /proc/cmdline says to us. */
export interface KernelParameters {
  /** Root shells on the consoles are wanted (`b2d.console`). */
  wantsConsole: boolean;
  /** Where the kernel itself speaks. */
  consoles: readonly Console[];
}

export interface Console {
  /** The machine's screen, or its serial line. */
  id: "screen" | "console";
  /** Path of the device. */
  terminal: string;
}

/** Of each kind the last one that is named; a serial line where none is. */
export function parseKernelParameters(text: string): KernelParameters {
  const words = text.trim().split(/\s+/);
  const names = words.flatMap((word) => /^console=(tty[A-Za-z0-9]+)/.exec(word)?.[1] ?? []);
  const screen = names.findLast((name) => /^tty\d+$/.test(name));
  const serial = names.findLast((name) => name !== screen) ?? (screen === undefined ? "ttyS0" : undefined);
  return {
    wantsConsole: words.includes("b2d.console"),
    consoles: [
      // tty0 is whichever screen is in front; a shell needs one of its own.
      ...(screen === undefined
        ? []
        : [{ id: "screen" as const, terminal: `/dev/${screen === "tty0" ? "tty1" : screen}` }]),
      ...(serial === undefined ? [] : [{ id: "console" as const, terminal: `/dev/${serial}` }]),
    ],
  };
}
