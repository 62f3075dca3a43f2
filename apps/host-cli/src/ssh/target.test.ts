import { expect, test } from "vitest";
import { planSsh } from "./target.ts";

const isMachine = async (name: string) => name === "boot2docker" || name === "work";

test.each([
  ["nothing: a shell", [], false, "boot2docker", undefined],
  ["a machine", ["work"], false, "work", undefined],
  ["a machine and a command", ["work", "ls", "-l"], false, "work", "ls -l"],
  ["a machine, dashes and a command", ["work", "--", "ls", "-l"], false, "work", "ls -l"],
  ["a machine and dashes", ["work", "--"], false, "work", undefined],
  ["a command", ["uptime"], false, "boot2docker", "uptime"],
  ["a command whose argument is a machine", ["ping", "work"], false, "boot2docker", "ping work"],
  ["a command with dashes inside", ["git", "log", "--", "x"], false, "boot2docker", "git log -- x"],
  ["a command in one word", ["exit 42"], false, "boot2docker", "exit 42"],
  ["a command by a machine's name, after dashes", ["work"], true, "boot2docker", "work"],
  ["a machine and the dashes of the command", ["work", "--", "--", "x"], false, "work", "-- x"],
] as const)("%s", async (_, operands, isAfterDashes, machine, command) => {
  expect(await planSsh(operands, isAfterDashes, "boot2docker", isMachine)).toEqual({ machine, command });
});
