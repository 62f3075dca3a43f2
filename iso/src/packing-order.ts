import type { Entry } from "./tree.ts";

/** The order in which the image holds their bytes: folders, the files named first, all others as they are, the last. */
export function planPackingOrder(
  entries: readonly Entry[],
  first: readonly string[],
  last: ReadonlySet<string>,
): Entry[] {
  const rank = (entry: Entry) => {
    if (entry.type === "directory") return -1;
    if (last.has(entry.path)) return first.length + 1;
    const place = first.indexOf(entry.path);
    return place === -1 ? first.length : place;
  };
  return entries.toSorted((one, other) => rank(one) - rank(other));
}
