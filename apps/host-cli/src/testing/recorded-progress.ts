import type { Progress } from "../machine/machine.ts";

/** What a user would have seen, row by row. */
export class RecordedProgress implements Progress {
  readonly rows: string[] = [];

  begin(name: string) {
    return {
      update: (): void => undefined,
      done: (): void => void this.rows.push(`done: ${name}`),
      fail: (): void => void this.rows.push(`failed: ${name}`),
    };
  }
}
