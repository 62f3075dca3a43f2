import { expect, test } from "vitest";
import { type Landing, planLanding } from "./landing.ts";
import { parsePath } from "./path.ts";

type Kind = Landing["sources"][number]["kind"];

/** `a/` is a folder, `@a` a symbolic link, all else a file; `found` is what is at the end of the target. */
function plan(sources: string[], target: string, found?: Kind, isParentThere = true): string[] | string {
  try {
    return planLanding({
      sources: sources.map((text) => ({ path: parsePath(text, "posix"), kind: kindOf(text) })),
      target: {
        path: parsePath(target, "posix"),
        tree: { machine: "m1" },
        found: found && { path: `/real/${target.replace(/\/$/, "")}`, kind: found },
        isParentThere,
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const kindOf = (text: string): Kind => (/[/.]$/.test(text) ? "directory" : text.startsWith("@") ? "symlink" : "file");

test.each<[string, ReturnType<typeof plan>, ReturnType<typeof plan>]>([
  ["a file under a new name", plan(["a"], "t"), ["t"]],
  ["a file in place of a file, be it behind a link", plan(["a"], "t", "file"), ["/real/t"]],
  ["a file into a folder", plan(["x/a"], "t", "directory"), ["/real/t/a"]],
  ["a folder under a new name", plan(["a/"], "t"), ["t"]],
  ["a folder under a new name with a slash", plan(["a/"], "t/"), ["t"]],
  ["a folder into a folder", plan(["x/a/"], "t", "directory"), ["/real/t/a"]],
  ["what is in a folder, into a folder", plan(["a/."], "t", "directory"), ["/real/t"]],
  ["what is in a folder, under a new name", plan(["."], "t"), ["t"]],
  ["a link in place of a file", plan(["@a"], "t", "file"), ["/real/t"]],
  ["several into a folder", plan(["a", "b/", "c/."], "t/", "directory"), ["/real/t/a", "/real/t/b", "/real/t"]],
  ["several to what is not there", plan(["a", "b"], "t"), "t in m1 is no folder: it can't take 2 things"],
  ["several to a file", plan(["a", "b"], "t", "file"), "t in m1 is no folder: it can't take 2 things"],
  ["two of one name", plan(["x/a", "y/a"], "t", "directory"), "two of them would be /real/t/a in m1"],
  ["a folder in place of a file", plan(["a/"], "t", "file"), "t in m1 is no folder"],
  ["a file to a file with a slash", plan(["a"], "t/", "file"), "t in m1 is no folder"],
  ["a file to a slash without a folder", plan(["a"], "t/"), "there is no folder t in m1"],
  ["a file to a device", plan(["a"], "t", "other"), "t in m1 is neither a file nor a folder"],
  ["a name in a folder that is not there", plan(["a"], "no/t", undefined, false), "there is no folder no in m1"],
])("%s", (_, planned, expected) => {
  expect(planned).toEqual(expected);
});
