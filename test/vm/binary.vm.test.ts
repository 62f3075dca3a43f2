import { expect, test } from "vitest";
import { makeLoopbackNetwork } from "../harness/loopback-network.ts";
import { makeRelease } from "../harness/release.ts";

test("the binary and the image's files in one folder are enough for an ordinary user", async () => {
  await using release = await makeRelease({});
  await release.ok("up");
  const ran = await release.docker("run", "--rm", "boot2docker/busybox", "echo", "from the binary");
  expect(ran).toMatchObject({ code: 0, stdout: "from the binary\n" });
  await release.ok("down");
});

test("a port that the host keeps for root, asked for by an ordinary user: refused with that reason, others are had", async () => {
  await using network = await makeLoopbackNetwork();
  await using release = await makeRelease({ enter: network.enter, programs: ["ssh"] });
  await release.ok("up");
  const refused = await release.docker("run", "-d", "-p", "80:80", "boot2docker/busybox", "true");
  expect(refused.code).toBe(126); // The docker client's own for what is "permission denied".
  expect(refused.stderr).toContain(
    "listen tcp 127.0.0.1:80: permission denied: this host keeps the port for its administrator",
  );
  expect(await release.docker("run", "-d", "-p", "1024:80", "boot2docker/busybox", "sleep", "86400")).toMatchObject({
    code: 0,
  });
  expect(await release.ok("ports")).toContain("127.0.0.1:1024");
});
