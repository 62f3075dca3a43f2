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
  expect(renderTable(head, rows, 10).every((line) => line.length <= 28)).toBe(true);
});
