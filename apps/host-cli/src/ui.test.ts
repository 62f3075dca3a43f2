import { expect, test } from "vitest";
import { openUi, type UiOptions } from "./ui.ts";
import { chooseStyle } from "./ui/style.ts";

function open(options: Partial<UiOptions> & { isTerminal?: boolean }) {
  const said = { out: "", err: "" };
  const screen = (stream: keyof typeof said) => ({
    write: (text: string) => void (said[stream] += text),
    isTerminal: options.isTerminal === true,
    columns: () => 80,
  });
  const ui = openUi({
    programName: "boot2docker",
    out: screen("out"),
    err: screen("err"),
    isQuiet: false,
    isVerbose: false,
    isJson: false,
    canRedraw: true,
    style: chooseStyle({ platform: "linux", env: { NO_COLOR: "1" } }),
    monotonicMs: () => 0,
    every: () => () => undefined,
    ...options,
  });
  ui.progress.begin("engine ready", 1000).done();
  ui.say("a remark");
  ui.result("the result");
  return { ui, said };
}

test("results go to stdout, progress and remarks to stderr", () => {
  expect(open({}).said).toEqual({
    out: "the result\n",
    err: "engine ready (up to 1 s) ...\nengine ready: done in 0.0 s\na remark\n",
  });
});

test("-q leaves the result alone", () => {
  expect(open({ isQuiet: true }).said).toEqual({ out: "the result\n", err: "" });
  expect(open({ isQuiet: true, isTerminal: true }).said).toEqual({ out: "the result\n", err: "" });
});

test("a program that asked for JSON gets no progress and no remarks, a person who watches does", () => {
  expect(open({ isJson: true }).said.err).toBe("");
  expect(open({ isJson: true, isTerminal: true }).said.err).toContain("engine ready");
});

test("nothing is redrawn on a dumb terminal, nor with -v", () => {
  expect(open({ isTerminal: true, canRedraw: false }).said.err).not.toContain("\x1b");
  expect(open({ isTerminal: true, isVerbose: true }).said.err).not.toContain("\x1b");
  expect(open({ isTerminal: true }).said.err).toContain("\x1b");
});

test.each([
  ["y", true],
  ["YES", true],
  ["", false],
  ["n", false],
  ["yeah", false],
])("the answer %j agrees: %s", async (answer, isAgreed) => {
  const { ui } = open({ ask: async () => answer });
  expect(await ui.confirm("Really?", new AbortController().signal)).toBe(isAgreed);
});

test("where nobody can answer there is no answer", async () => {
  expect(await open({}).ui.confirm("Really?", new AbortController().signal)).toBeUndefined();
});
