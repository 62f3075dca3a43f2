import { expect, test } from "vitest";
import { planApplets } from "./busybox.ts";
import { symlink } from "./tree.ts";

test("an applet whose program is on board gets no link, wherever the program lies", () => {
  const links = planApplets(["/bin/awk", "/sbin/ip", "/usr/bin/ps", "/sbin/init"], ["/usr/bin/ip", "/usr/bin/ps"]);
  expect(links).toEqual([symlink("/usr/bin/awk", "busybox")]);
});

test("a link in /sbin goes up to the program", () => {
  expect(planApplets(["/sbin/udhcpc"], [])).toEqual([symlink("/usr/sbin/udhcpc", "../bin/busybox")]);
});
