import { expect, test } from "vitest";
import { renderUnit } from "./systemd-unit.ts";

const job = {
  name: "m1",
  program: ["/usr/bin/boot2docker"],
  environment: { PATH: "/usr/bin" },
  mark: "the mark",
  logPath: "/log",
};

/** Of a unit's text, those lines that set `key`, without it. */
const settings = (text: string, key: string): string[] =>
  text.split("\n").flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));

test("a unit starts its machine with the default target, ends it in order, and lets it live in between", () => {
  const unit = renderUnit(job);
  const shell = String.raw`"/bin/sh" "-c" "exec \"$$0\" \"$$@\""`;
  expect(unit.split("\n")[0]).toBe("# the mark");
  expect(settings(unit, "ExecStart")).toEqual([`-${shell} "/usr/bin/boot2docker" "up" "--no-init" "m1"`]);
  expect(settings(unit, "ExecStop")).toEqual([`${shell} "/usr/bin/boot2docker" "down" "m1"`]);
  for (const line of ["Type=oneshot", "RemainAfterExit=yes", "KillMode=process", "TimeoutSec=infinity"]) {
    expect(unit).toContain(`\n${line}\n`);
  }
  expect(settings(unit, "WantedBy")).toEqual(["default.target"]);
});

test.each([
  ["/a b", String.raw`"/a b"`],
  ["/50%h", String.raw`"/50%%h"`],
  ["/$HOME/${x}", '"/$$HOME/$${x}"'],
  [String.raw`/"q"'s\n`, String.raw`"/\"q\"'s\\n"`],
  ["/two\nlines", String.raw`"/two\nlines"`],
])("systemd reads the path %j as it is", (path, quoted) => {
  expect(settings(renderUnit({ ...job, program: [path] }), "ExecStart")[0]).toContain(` ${quoted} "up"`);
});

test("a dollar means nothing to systemd in the value of a variable", () => {
  const environment = { PATH: "/a b:/usr/bin", BOOT2DOCKER_DIR: "/50%$x" };
  expect(settings(renderUnit({ ...job, environment }), "Environment")).toEqual([
    '"PATH=/a b:/usr/bin"',
    '"BOOT2DOCKER_DIR=/50%%$x"',
  ]);
});
