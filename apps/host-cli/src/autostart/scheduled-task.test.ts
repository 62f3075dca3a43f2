import { expect, test } from "vitest";
import { renderTask } from "./scheduled-task.ts";

const job = {
  name: "m1",
  program: ["C:\\Program Files\\b2d\\boot2docker.exe"],
  environment: { BOOT2DOCKER_DIR: "D:\\o'neill & co" },
  mark: "the mark",
  logPath: "",
};

test("a task is of one user, without rights of an administrator", () => {
  const text = renderTask(job, "PC\\r&d");
  expect(text.match(/<UserId>.*<\/UserId>/g)).toEqual(Array(2).fill("<UserId>PC\\r&amp;d</UserId>"));
  expect(text).toContain("<RunLevel>LeastPrivilege</RunLevel>");
  expect(text).toContain("<Description>the mark</Description>");
});

test("a task also starts on batteries, has no end, and normal priority", () => {
  const text = renderTask(job, "PC\\user");
  expect(text).toContain("<DisallowStartIfOnBatteries>false<");
  expect(text).toContain("<StopIfGoingOnBatteries>false<");
  expect(text).toContain("<ExecutionTimeLimit>PT0S<");
  expect(text).toContain("<Priority>5<");
});

test("a task sets the variables, without a window", () => {
  expect(/<Arguments>.*<\/Arguments>/.exec(renderTask(job, "PC\\user"))?.[0]).toBe(
    '<Arguments>-NoProfile -NonInteractive -WindowStyle Hidden -Command "' +
      "$Env:BOOT2DOCKER_DIR = 'D:\\o''neill &amp; co'; " +
      "&amp; 'C:\\Program Files\\b2d\\boot2docker.exe' 'up' '--no-init' 'm1'; exit $LASTEXITCODE\"</Arguments>",
  );
});
