import type { Entry, Image, WriteLog } from "./write-log.ts";

/** What a cut left of the writes that were not flushed. */
export interface Cut {
  /** How many entries of the log the disk was told before the power went. */
  position: number;
  /** Of the blocks since the last flush, how many the disk had put to the medium by chance. */
  keptBlocks: number;
  lostBlocks: number;
}

/** A disk on its way through a log. What was flushed is in `image`, which is to be as it was when the log began. */
export class DiskHistory {
  readonly #image: Image;
  readonly #entries: Iterator<Entry>;
  #position = 0;
  #pending: Extract<Entry, { kind: "write" | "zero" }>[] = [];

  constructor(image: Image, log: WriteLog) {
    this.#image = image;
    this.#entries = log.entries();
  }

  /** Forward only. */
  advanceTo(position: number): void {
    for (; this.#position < position; this.#position += 1) {
      const next = this.#entries.next();
      if (next.done === true) throw new Error(`the log has ${String(this.#position)} entries only`);
      this.#take(next.value);
    }
  }

  #take(entry: Entry): void {
    switch (entry.kind) {
      case "write":
      case "zero":
        this.#pending.push(entry);
        return;
      case "flush":
        for (const pending of this.#pending) this.#image.apply(pending);
        this.#pending = [];
        return;
      case "grow":
        this.#image.apply(entry);
        return;
      default:
        entry satisfies never;
    }
  }

  /**
   * Makes of `image`, which has what was flushed, the disk after its power went here: of the rest a random part of the
   * blocks is there.
   */
  cut(image: Image, random: () => number): Cut {
    const cut = { position: this.#position, keptBlocks: 0, lostBlocks: 0 };
    const share = chooseShare(random);
    for (const entry of this.#pending) {
      if (entry.isDurable) image.apply(entry);
      else {
        image.applyTorn(entry, () => {
          const isKept = random() < share;
          cut[isKept ? "keptBlocks" : "lostBlocks"] += 1;
          return isKept;
        });
      }
    }
    return cut;
  }
}

/** Often all or nothing, the two ends that a program may count on by mistake. */
function chooseShare(random: () => number): number {
  const choice = random();
  if (choice < 0.25) return 0;
  return choice < 0.5 ? 1 : random();
}
