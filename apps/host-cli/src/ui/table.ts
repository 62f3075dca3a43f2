const gap = "  ";
const ellipsis = "…";
/** Less of a cell says nothing. */
const leastWidth = 8;

/**
 * Lines of a table, the head first, columns padded. What is wider than `columns` has its widest cells cut, but not those of the first
 * column, which say what a row is of; what then does not fit is left out, from the right. A machine that reads is given all.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns = Infinity,
): string[] {
  const widths = head.map((title, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? title).length)));
  for (let excess = totalOf(widths) - columns; excess > 0; excess = totalOf(widths) - columns) {
    const others = widths.slice(1);
    const widest = Math.max(...others);
    if (others.length === 0) break;
    if (widest > leastWidth) widths[others.indexOf(widest) + 1] = Math.max(leastWidth, widest - excess);
    else widths.pop();
  }
  return [head, ...rows].map((row) =>
    widths
      .map((width, column) => fit(row[column] ?? "", width))
      .join(gap)
      .trimEnd(),
  );
}

const totalOf = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);

function fit(cell: string, width: number): string {
  return cell.length <= width ? cell.padEnd(width) : `${cell.slice(0, width - 1)}${ellipsis}`;
}
