import { RpcError } from "@boot2docker/protocol";
import { expect, test } from "vitest";
import { BugError, UserError } from "../errors.ts";
import { explainFailure, renderFailure } from "./failure.ts";

const quiet = { isVerbose: false, isJson: false };

function say(error: unknown, style = quiet): string {
  return renderFailure(error, explainFailure(error, false, "boot2docker"), style);
}

test("an error of the user is its message and its hint, and nothing else", () => {
  const error = new UserError("port 2376 is taken", {
    code: "port-taken",
    hint: "End that program.",
    cause: new Error("x"),
  });
  expect(say(error)).toBe("boot2docker: port 2376 is taken\nhint: End that program.\n");
  expect(say(new UserError("no", { code: "no-answer" }))).toBe("boot2docker: no\n");
});

test("-v adds where it came from, down to the first cause", () => {
  const error = new UserError("no image", { code: "image-missing", cause: new Error("deep") });
  const text = say(error, { isVerbose: true, isJson: false });
  expect(text).toMatch(/^ +at /m);
  expect(text).toMatch(/caused by:\nError: deep/);
});

test("as JSON it is one line with a stable code", () => {
  const error = new UserError("two\nlines", { code: "port-taken", hint: "End it." });
  const text = say(error, { isVerbose: false, isJson: true });
  expect(text.trimEnd()).not.toContain("\n");
  expect(JSON.parse(text)).toEqual({
    formatVersion: 1,
    error: { code: "port-taken", message: "two\nlines", hint: "End it." },
  });
});

test.each([
  ["a user's error", new UserError("x", { code: "busy", exitCode: 3 }), 3, "busy"],
  ["a full disk", Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", syscall: "write" }), 1, "enospc"],
  ["a silent guest", new RpcError(-32001, "closed"), 1, "no-answer"],
  ["a broken promise of ours", new BugError("cannot be"), 1, "bug"],
  ["what is no error at all", "text", 1, "bug"],
])("%s has its exit code and its name", (_, error, exitCode, code) => {
  expect(explainFailure(error, false, "boot2docker")).toMatchObject({ exitCode, code });
});

test("only a bug asks for a report", () => {
  expect(say(new TypeError("x is undefined"))).toMatch(
    /bug in boot2docker: TypeError: x is undefined\nhint: Please report/,
  );
  expect(say(new RpcError(-32001, "closed"))).not.toContain("report");
});

test("after Ctrl-C the error that follows from it is no news", () => {
  expect(explainFailure(new TypeError("half done"), true, "boot2docker")).toMatchObject({
    code: "interrupted",
    exitCode: 130,
  });
});
