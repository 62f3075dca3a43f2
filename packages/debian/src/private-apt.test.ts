import { expect, test, vi } from "vitest";
import { openPrivateApt, parseMadison, parseUris } from "./private-apt.ts";
import { archiveKeyring, serveArchive } from "./testing/archive.ts";

vi.setConfig({ testTimeout: 60_000 });

const never = new AbortController().signal;

test("a signed archive is asked for what it has", async () => {
  await using archive = await serveArchive();
  await using apt = await openPrivateApt(
    { base: archive.base, suites: ["forky"], architecture: "amd64", keyring: archiveKeyring },
    never,
  );
  expect(await apt.suitesOf(["hello", "emacs"], never)).toEqual(new Map([["hello", ["forky"]]]));
  expect(await apt.locate([{ name: "hello", suite: "forky" }], never)).toMatchObject([
    { name: "hello", version: "1.2-1", suite: "forky", path: "pool/main/h/hello/hello_1.2-1_amd64.deb" },
  ]);
  await expect(apt.locate([{ name: "emacs", suite: "forky" }], never)).rejects.toThrow("emacs");
});

test("apt's way of writing a plus and an epoch is undone", () => {
  const sha256 = "a".repeat(64);
  const line = `'http://x.invalid/debian/pool/main/b/busybox/busybox_1.38%2bb1_amd64.deb' busybox_1%3a1.38+b1_amd64.deb 12 SHA256:${sha256}`;
  expect(parseUris(`${line}\n`, "http://x.invalid/debian")).toEqual([
    {
      name: "busybox",
      version: "1:1.38+b1",
      path: "pool/main/b/busybox/busybox_1.38+b1_amd64.deb",
      sha256,
      sizeBytes: 12,
    },
  ]);
});

test("a package of two suites is listed with both", () => {
  const output = ["forky", "trixie"].map(
    (suite) => ` bash | 5 | http://x.invalid/debian ${suite}/main amd64 Packages\n`,
  );
  expect(parseMadison(output.join(""), "http://x.invalid/debian").get("bash")).toEqual(["forky", "trixie"]);
});
