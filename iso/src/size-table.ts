import type { Manifest } from "./manifest.ts";

/** Limits in bytes; a build that is over one fails. ADR 0004 says what would save how much. */
const budgets = { iso: 100e6, download: 90e6 } as const;

interface Row {
  name: string;
  bytes: number;
  budget?: number;
}

/** What people download: the ISO, or the driver's files. */
export function planSizes({ files }: Manifest): Row[] {
  const { kernel, initrd, root, iso } = files;
  return [
    { name: "kernel", bytes: kernel.sizeBytes },
    { name: "initrd", bytes: initrd.sizeBytes },
    { name: `root, ${root.stream.compression} stream`, bytes: root.stream.sizeBytes },
    {
      name: "download (these three)",
      bytes: kernel.sizeBytes + initrd.sizeBytes + root.stream.sizeBytes,
      budget: budgets.download,
    },
    { name: "root, unpacked", bytes: root.sizeBytes },
    { name: "ISO", bytes: iso.sizeBytes, budget: budgets.iso },
  ];
}

export function renderSizes(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`.padStart(9);
  return rows
    .map(({ name, bytes, budget }) => {
      const limit = budget === undefined ? "" : `  of ${megabytes(budget).trim()}`;
      return `${name.padEnd(width)} ${megabytes(bytes)}${limit}`;
    })
    .join("\n");
}

/** Throws with all budgets that are exceeded. */
export function checkBudgets(rows: readonly Row[]): void {
  const over = rows.filter(({ bytes, budget }) => budget !== undefined && bytes > budget);
  if (over.length > 0) throw new Error(`over the size budget:\n${renderSizes(over)}`);
}
