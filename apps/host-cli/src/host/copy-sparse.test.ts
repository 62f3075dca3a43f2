import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copySparse } from "./copy-sparse.ts";

const never = new AbortController().signal;

test("a copy has every byte, no room for zeros, and is this user's alone", async () => {
  const dir = mkdtempSync(join(tmpdir(), "b2d-copy-"));
  try {
    const [from, to] = [join(dir, "from"), join(dir, "to")];
    const middle = Buffer.concat([
      Buffer.from("start"),
      Buffer.alloc(3 << 20),
      Buffer.from("middle"),
      Buffer.alloc(100_000),
    ]);
    writeFileSync(from, middle);
    truncateSync(from, 20 << 20);
    const seen: number[] = [];
    await copySparse(from, to, (read) => void seen.push(read), never);
    expect(readFileSync(to).equals(readFileSync(from))).toBe(true);
    expect(statSync(to).blocks * 512).toBeLessThan(1 << 20);
    expect(statSync(to).mode & 0o777).toBe(0o600);
    expect(seen.at(-1)).toBe(20 << 20);
    await expect(copySparse(from, to, () => undefined, never)).rejects.toMatchObject({ code: "EEXIST" });
    await expect(copySparse(from, `${to}2`, () => undefined, AbortSignal.abort(new Error("enough")))).rejects.toThrow(
      "enough",
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
});
