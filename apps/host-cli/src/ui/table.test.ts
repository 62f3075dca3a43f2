import { expect, test } from "vitest";
import { renderTable } from "./table.ts";

const head = ["NAME", "STATE", "ERRORS"];
const rows = [
  ["boot2docker", "running", ""],
  ["work", "degraded", "the engine runs without some of its settings"],
];

test("columns are as wide as what is in them", () => {
  expect(renderTable(head, rows)).toEqual([
    "NAME         STATE     ERRORS",
    "boot2docker  running",
    "work         degraded  the engine runs without some of its settings",
  ]);
  expect(renderTable(head, [])).toEqual(["NAME  STATE  ERRORS"]);
});

test("on a narrow terminal the widest cells are cut", () => {
  expect(renderTable(head, rows, 40)).toEqual([
    "NAME         STATE     ERRORS",
    "boot2docker  running",
    "work         degraded  the engine runs …",
  ]);
});

test("what does not fit at all is left out from the right, and the first column is whole", () => {
  expect(renderTable(head, rows, 22)).toEqual(["NAME         STATE", "boot2docker  running", "work         degraded"]);
  expect(renderTable(head, rows, 10)).toEqual(["NAME", "boot2docker", "work"]);
});
