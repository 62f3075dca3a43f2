const unitBytes = { "": 1 << 20, b: 1, k: 1 << 10, m: 1 << 20, g: 2 ** 30, t: 2 ** 40 } as const;

/** What `parseSize` takes; also of the settings' JSON schema. */
export const sizePattern = /^\s*(\d+(?:\.\d+)?)(?:([kmgtKMGT])(?:i?[bB])?|([bB]))?\s*$/;

/** `2g`, `2GiB`, `512m`, `1000b`; a bare number is MiB, as the ancestors had it. Undefined for a text that is no size. */
export function parseSize(text: string): number | undefined {
  const match = sizePattern.exec(text);
  if (match === null) return undefined;
  const [, amount = "", unit = match[3] ?? ""] = match;
  return Math.round(Number(amount) * unitBytes[unit.toLowerCase() as keyof typeof unitBytes]); // The pattern allows no other.
}

const units = [
  [2 ** 40, "TiB", "t"],
  [2 ** 30, "GiB", "g"],
  [2 ** 20, "MiB", "m"],
  [2 ** 10, "KiB", "k"],
  [1, "bytes", "b"],
] as const;

/** In the largest unit that leaves no fraction: `20 GiB`, `1536 MiB`. */
export function renderSize(bytes: number): string {
  const [unit, name] = largestUnit(bytes);
  return `${bytes / unit} ${name}`;
}

/** As `parseSize` reads it: `20g`, `1536m`. */
export function writeSize(bytes: number): string {
  const [unit, , letter] = largestUnit(bytes);
  return `${bytes / unit}${letter}`;
}

function largestUnit(bytes: number): (typeof units)[number] {
  return units.find(([unit]) => bytes >= unit && bytes % unit === 0) ?? units[4];
}
