const unitBytes = { "": 1 << 20, k: 1 << 10, m: 1 << 20, g: 2 ** 30, t: 2 ** 40 } as const;

/** `2g`, `2GiB`, `512m`; a bare number is MiB, as the ancestors had it. Undefined for a text that is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, amount = "", unit = ""] = match;
  return Math.round(Number(amount) * unitBytes[unit.toLowerCase() as keyof typeof unitBytes]); // The pattern allows no other.
}

/** In the largest unit that leaves no fraction: `20 GiB`, `1536 MiB`. */
export function renderSize(bytes: number): string {
  for (const [unit, name] of [
    [2 ** 40, "TiB"],
    [2 ** 30, "GiB"],
    [2 ** 20, "MiB"],
    [2 ** 10, "KiB"],
  ] as const) {
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit} ${name}`;
  }
  return `${bytes} bytes`;
}
