import { expect, test } from "vitest";
import { lockedEpoch, packageNames, parseLock, readLock } from "./lock.ts";

const lock = readLock();

test("the project's lock is the lock of the packages that are wanted", () => {
  expect(lock.packages.map(({ name }) => name)).toEqual(packageNames(lock.architecture));
});

test("a wanted package that is not locked, and one that nothing wants, are told together", () => {
  const [first, ...rest] = lock.packages;
  const text = JSON.stringify({ ...lock, packages: [...rest, { ...first, name: "emacs" }] });
  expect(() => parseLock(text)).toThrow(
    `${first?.name ?? ""} is not locked; emacs is locked but nothing wants it: run`,
  );
});

test.each([
  ["sha256", "12"],
  ["path", "../etc/passwd"],
  ["path", "pool/main/b/bash/../../x y.deb"],
  ["sizeBytes", -1],
])("a damaged %s is refused: %s", (field, value) => {
  const [first, ...rest] = lock.packages;
  const text = JSON.stringify({ ...lock, packages: [{ ...first, [field]: value }, ...rest] });
  expect(() => parseLock(text)).toThrow(`packages[0].${field}`);
});

test("the date of the lock becomes the date of the image", () => {
  expect(lockedEpoch({ ...lock, lockedAt: "20261123T000001Z" })).toBe(Date.UTC(2026, 10, 23, 0, 0, 1) / 1000);
});
