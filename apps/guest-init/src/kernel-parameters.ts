/** What /proc/cmdline says to us. */
export interface KernelParameters {
  /** A root shell on the console is wanted (`b2d.console`). */
  wantsConsole: boolean;
  /** The terminal of the last `console=`, where the kernel itself speaks. */
  terminal: string;
}

export function parseKernelParameters(text: string): KernelParameters {
  const words = text.trim().split(/\s+/);
  const consoles = words.flatMap((word) => /^console=(tty[A-Za-z0-9]+)/.exec(word)?.[1] ?? []);
  return { wantsConsole: words.includes("b2d.console"), terminal: `/dev/${consoles.at(-1) ?? "ttyS0"}` };
}
