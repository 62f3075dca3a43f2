import { expect, test } from "vitest";
import { verbs } from "./commands/table.ts";
import type { Verb } from "./commands/verb.ts";
import { asTyped, nameMachine } from "./hint-commands.ts";

const shown = Object.entries<Verb>(verbs).filter(([, { isHidden }]) => isHidden !== true);

test.each(["help", ...shown.map(([name]) => name)])("boot2docker %s becomes what the user types", (verb) => {
  // `disk` is not called without an action.
  const words = verb === "disk" ? "disk check" : verb;
  expect(asTyped(`Call: boot2docker ${words} work`, "./boot2docker")).toBe(`Call: ./boot2docker ${words} work`);
});

test.each(["help", ...shown.map(([name]) => name)])("boot2docker %s gets the name of the machine behind it", (verb) => {
  const words = ["disk", "context", "autostart"].includes(verb) ? `${verb} show` : verb;
  const { hint } = nameMachine({ code: "x", message: "", hint: `Call: boot2docker ${words}` }, "work");
  expect(hint).toBe(`Call: boot2docker ${words} work`);
});

test("a machine of that name, a path and the name itself stay", () => {
  const text = "machine boot2docker is up; see /x/boot2docker up, boot2docker: no";
  expect(asTyped(text, "./b2d")).toBe(text);
});

test("a hint of one who does not know the machine's name gets it", () => {
  const reason = {
    code: "x",
    message: "boot2docker up failed",
    hint: "See `boot2docker logs dockerd`, boot2docker down --force",
  };
  expect(nameMachine(reason, "work")).toEqual({
    ...reason,
    hint: "See `boot2docker logs work dockerd`, boot2docker down work --force",
  });
  expect(nameMachine({ code: "x", message: "", hint: "Run `boot2docker disk check`." }, "work").hint).toBe(
    "Run `boot2docker disk check work`.",
  );
  expect(nameMachine({ code: "x", message: "no hint" }, "work")).toEqual({ code: "x", message: "no hint" });
});
