import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSandbox, type Sandbox } from "../harness/machine.ts";

/** What the user keeps in /var/lib/boot2docker, each file with the meaning that it had in the ancestors. */
let box: Sandbox;
const own = "/var/lib/boot2docker";
const inGuest = (command: string) => box.ok("ssh", command);

async function put(path: string, content: string): Promise<void> {
  const ran = await box.cliWith(content, "ssh", `sudo sh -c 'mkdir -p $(dirname ${path}) && cat > ${path}'`);
  expect(ran.code).toBe(0);
}

beforeAll(async () => {
  box = await makeSandbox();
  await box.ok("up");
  await put(`${own}/bootsync.sh`, 'echo "dockerd: <$(pidof dockerd)>" > /run/bootsync\n');
  await put(`${own}/bootlocal.sh`, "echo from bootlocal; docker ps > /run/bootlocal; exit 7\n");
  await put(`${own}/etc/hostname`, "kept-name\n");
  await put(`${own}/certs/corp.pem`, certificate);
  await put(`${own}/certs.d/registry.test:5000/ca.crt`, certificate);
  await box.ok("restart");
});
afterAll(async () => box[Symbol.asyncDispose]());

test("bootsync.sh runs before dockerd", async () => {
  expect(await inGuest("cat /run/bootsync")).toBe("dockerd: <>");
});

test("bootlocal.sh runs beside it; its output is kept and its failure is told", async () => {
  await expect
    .poll(() => inGuest(`sudo cat ${own}/log/bootlocal.log`), { timeout: 30_000 })
    .toContain("from bootlocal");
  expect(await inGuest("cat /run/bootlocal")).toContain("CONTAINER ID");
  expect((await box.cli("status")).stderr).toContain("bootlocal.sh ended with exit code 7");
});

test("the host name of the disk is the machine's", async () => {
  expect(await inGuest("hostname")).toBe("kept-name");
  expect(await box.dockerOk(["info", "--format", "{{.Name}}"])).toBe("kept-name");
});

test("the user's certificates are trusted by all, and a registry's by the engine", async () => {
  expect(await inGuest("tail -n 3 /etc/ssl/certs/ca-certificates.crt")).toBe(certificate.trim());
  expect(await inGuest("cat /etc/docker/certs.d/registry.test:5000/ca.crt")).toBe(certificate.trim());
});

test("a hook that fails or hangs: told, and Docker is there after no more than its limit", async () => {
  await put(`${own}/bootsync.sh`, "sleep 1000\n");
  await put(`${own}/certs/corp.pem`, "no certificate\n");
  await box.ok("restart");
  const { stdout, stderr, code } = await box.cli("status");
  expect({ stdout, code }).toEqual({ stdout: "degraded\n", code: 0 });
  expect(stderr).toContain("run-hook did not end within the 60000 ms of phase bootsync");
  expect(stderr).toContain("no certificate in corp.pem");
  expect(await box.dockerOk(["run", "--rm", "boot2docker/busybox", "echo", "works"])).toBe("works");
});

const certificate = `-----BEGIN CERTIFICATE-----
bm90IGEgcmVhbCBvbmUsIHRoZSBidW5kbGUgaXMgb25seSB0ZXh0IGZvciB0aGUgZ3Vlc3Q=
-----END CERTIFICATE-----
`;
