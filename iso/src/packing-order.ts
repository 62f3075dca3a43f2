import type { Entry } from "./tree.ts";

/** Folders, then the files named first, then all others as they are: the order in which the image holds their bytes. */
export function planPackingOrder(entries: readonly Entry[], first: readonly string[]): Entry[] {
  const rank = (entry: Entry) => {
    if (entry.type === "directory") return -1;
    const place = first.indexOf(entry.path);
    return place === -1 ? first.length : place;
  };
  return entries.toSorted((one, other) => rank(one) - rank(other));
}
