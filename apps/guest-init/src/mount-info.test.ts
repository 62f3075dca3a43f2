import { expect, it } from "vitest";
import { parseMountInfo } from "./mount-info.ts";

const TEXT = `22 1 254:16 / / ro,relatime shared:1 - squashfs /dev/vdb ro,errors=continue
30 22 254:0 / /mnt/data rw,noatime shared:9 master:2 - ext4 /dev/vda rw,discard
31 22 254:0 /var/lib/docker /var/lib/docker rw,noatime - ext4 /dev/vda rw
32 22 0:40 / /mnt/my\\040share rw - 9p share rw
33 22 0:41 / /mnt/data ro - tmpfs tmpfs rw
`;

it("tells what is mounted where", () => {
  const mounts = parseMountInfo(TEXT);
  expect(mounts.get("/")).toEqual({ source: "/dev/vdb", fstype: "squashfs", options: ["ro", "relatime"] });
  expect(mounts.get("/mnt/my share")?.fstype).toBe("9p");
});

it("shows the upper one of two mounts, in the order of mounting", () => {
  const mounts = parseMountInfo(TEXT);
  expect(mounts.get("/mnt/data")?.source).toBe("tmpfs");
  expect([...mounts.keys()]).toEqual(["/", "/var/lib/docker", "/mnt/my share", "/mnt/data"]);
});

it("knows nothing before /proc is there", () => {
  expect(parseMountInfo(undefined).size).toBe(0);
});
