import { hashName, type Name } from "./names.ts";
import type { Entry, Tree } from "./tree.ts";

interface Row {
  cookie: bigint;
  name: Name;
}

/** `.` and `..` come first; the cookies of names are above those. */
const dots: readonly Row[] = [
  { cookie: 1n, name: "." },
  { cookie: 2n, name: ".." },
];
const maxKept = 64;

/**
 * Directories in the order of their names' hashes, which are the cookies too: who goes on from one, misses nothing and sees nothing twice
 * that was there all the time, whatever else came and went, and whichever server is asked.
 */
export class Listings {
  readonly #tree: Tree;
  /** Rows of one reading, for who asks for the next piece of it. */
  readonly #kept = new Map<Entry, { mtimeNs: bigint; rows: readonly Row[] }>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** What comes after a cookie; 0 is the start. */
  async after(directory: Entry, cookie: bigint, mtimeNs: bigint): Promise<readonly Row[]> {
    const rows = cookie === 0n ? await this.#read(directory, mtimeNs) : await this.#recall(directory, mtimeNs);
    return rows.slice(firstAfter(rows, cookie));
  }

  async #recall(directory: Entry, mtimeNs: bigint): Promise<readonly Row[]> {
    const kept = this.#kept.get(directory);
    return kept?.mtimeNs === mtimeNs ? kept.rows : this.#read(directory, mtimeNs);
  }

  async #read(directory: Entry, mtimeNs: bigint): Promise<readonly Row[]> {
    const names = await this.#tree.list(directory);
    const rows = names.map((name) => ({ cookie: cookieOf(name), name }));
    rows.sort((a, b) => (a.cookie < b.cookie ? -1 : a.cookie > b.cookie ? 1 : a.name < b.name ? -1 : 1));
    // Two names of one hash: the second has the next number, or it would never be reached.
    for (const [i, row] of rows.entries()) {
      const before = rows[i - 1];
      if (before !== undefined && row.cookie <= before.cookie) row.cookie = before.cookie + 1n;
    }
    const all = [...dots, ...rows];
    this.#kept.delete(directory);
    this.#kept.set(directory, { mtimeNs, rows: all });
    const [oldest] = this.#kept.size > maxKept ? this.#kept.keys() : [];
    if (oldest !== undefined) this.#kept.delete(oldest);
    return all;
  }
}

/** 62 bits: clients take a cookie for a signed number. */
function cookieOf(name: Name): bigint {
  return (BigInt(hashName(name) >>> 2) << 32n) + BigInt(hashName(name, 0x9747_b28c)) + 3n;
}

function firstAfter(rows: readonly Row[], cookie: bigint): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.cookie ?? 0n) > cookie) high = middle;
    else low = middle + 1;
  }
  return low;
}
