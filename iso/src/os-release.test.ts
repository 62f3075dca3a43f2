import { expect, test } from "vitest";
import { renderOsRelease, upstreamVersion } from "./os-release.ts";

test("docker-machine finds its provisioner by the line ID=boot2docker", () => {
  expect(renderOsRelease("0.1.0+docker28.5.2", "28.5.2").split("\n")).toContain("ID=boot2docker");
});

test.each([
  ["28.5.2+dfsg4-5", "28.5.2"],
  ["1:1.38.0-3+b1", "1.38.0"],
  ["2.0~rc1-1", "2.0"],
])("%s is %s upstream", (debian, upstream) => {
  expect(upstreamVersion(debian)).toBe(upstream);
});
