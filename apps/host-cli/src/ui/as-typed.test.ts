import { expect, test } from "vitest";
import { verbs } from "../cli.ts";
import { asTyped } from "./as-typed.ts";

test.each(["help", ...Object.keys(verbs).filter((name) => name !== "agent")])(
  "boot2docker %s becomes what the user types",
  (verb) => {
    expect(asTyped(`Call: boot2docker ${verb} work`, "./boot2docker")).toBe(`Call: ./boot2docker ${verb} work`);
  },
);

test("a machine of that name, a path and the name itself stay", () => {
  const text = "machine boot2docker is up; see /x/boot2docker up, boot2docker: no";
  expect(asTyped(text, "./b2d")).toBe(text);
});
