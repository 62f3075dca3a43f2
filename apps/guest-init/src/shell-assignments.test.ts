import { expect, it } from "vitest";
import { parseAssignments } from "./shell-assignments.ts";

const read = (text: string): Record<string, string> =>
  Object.fromEntries(parseAssignments(text).assignments.map(({ name, value }) => [name, value]));

it.each<[text: string, values: Record<string, string>]>([
  ["", {}],
  ["# EXTRA_ARGS=no\n\n", {}],
  ["A=1\nB=two # not three\n", { A: "1", B: "two" }],
  ["A=1 B=2; C=3", { A: "1", B: "2", C: "3" }],
  ['A=\'$B "x"\' B="it\'s"', { A: '$B "x"', B: "it's" }],
  ["A='\n--label provider=virtualbox\n\n'\nB=1", { A: "\n--label provider=virtualbox\n\n", B: "1" }],
  ['A=x\nA="$A --more ${A}"', { A: "x --more x" }],
  ["A=a$NOBODY$", { A: "a$" }],
  ['A="a\\"b\\n" B=a\\ b C=a\\\nb', { A: 'a"b\\n', B: "a b", C: "ab" }],
  ["A=pre'mid'\"post\"", { A: "premidpost" }],
])("%j is read as a shell would", (text, values) => {
  expect(parseAssignments(text).problems).toEqual([]);
  expect(read(text)).toEqual(values);
});

it("tells which variables are exported, at once or later", () => {
  expect(parseAssignments('export A=1 B=2\nC="x"\nD=3\nexport C').assignments).toEqual([
    { name: "A", value: "1", isExported: true },
    { name: "B", value: "2", isExported: true },
    { name: "C", value: "x", isExported: false },
    { name: "D", value: "3", isExported: false },
    { name: "C", value: "x", isExported: true },
  ]);
});

it.each([
  ["A=1\nif true; then\n", 'line 2: only variables are read here, and this is something else: "if true; then"'],
  ["sysctl -w vm.x=1", 'line 1: only variables are read here, and this is something else: "sysctl -w vm.x=1"'],
  ["A=$(hostname)", "line 1: commands and the like are not carried out here"],
  ["A=`hostname`", "line 1: commands and the like are not carried out here"],
  ["A=${B:-c}", "line 1: commands and the like are not carried out here"],
  ["A='b\nc", "line 1: a quote is not closed"],
])("%j has a problem, with its line", (text, problem) => {
  expect(parseAssignments(text).problems).toEqual([problem]);
});

it("a file of something else has a few problems, and takes no time", () => {
  const { problems } = parseAssignments("some program\n".repeat(80_000));
  expect(problems).toHaveLength(11);
  expect(problems.slice(-2)).toEqual([
    'line 10: only variables are read here, and this is something else: "some program"',
    "and 79990 more lines",
  ]);
});

it("goes on behind what it cannot read", () => {
  expect(read("A=$(hostname)\nB=2\nif x\nC=3\n")).toEqual({ B: "2", C: "3" });
});
