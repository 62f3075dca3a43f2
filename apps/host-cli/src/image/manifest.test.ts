import { expect, test } from "vitest";
import { putImage } from "../testing/fake-image.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { openImageSource, parseManifest } from "./manifest.ts";

const never = new AbortController().signal;

test("the image is found where BOOT2DOCKER_IMAGE_DIR says, and named by version and content", async () => {
  const world = new FakeWorld();
  const manifest = putImage(world.disk, "/image");
  const source = await openImageSource(world.host(), never);
  expect(source).toMatchObject({ path: "/image", manifest });
  expect(source.id).toMatch(/^0\.1\.0\+docker28-[0-9a-f]{12}$/);
});

test("without the variable it is beside the program", async () => {
  const world = new FakeWorld();
  delete world.env["BOOT2DOCKER_IMAGE_DIR"];
  putImage(world.disk, "/usr/bin");
  expect((await openImageSource(world.host(), never)).path).toBe("/usr/bin");
});

test("when there is none, the error names where it was looked for", async () => {
  await expect(openImageSource(new FakeWorld().host(), never)).rejects.toMatchObject({
    code: "image-missing",
    message: "no image: there is no manifest.json in /image",
  });
});

test("an image for another architecture is refused before anything is unpacked", async () => {
  const world = new FakeWorld();
  const manifest = putImage(world.disk, "/image");
  world.disk.put("/image/manifest.json", JSON.stringify({ ...manifest, arch: "aarch64" }));
  await expect(openImageSource(world.host(), never)).rejects.toMatchObject({ code: "image-foreign" });
});

test("a manifest that is too long is refused unread", async () => {
  const world = new FakeWorld();
  putImage(world.disk, "/image");
  world.disk.put("/image/manifest.json", " ".repeat(100_000));
  await expect(openImageSource(world.host(), never)).rejects.toMatchObject({
    code: "image-damaged",
    message: expect.stringContaining("it has 100000 bytes") as string,
  });
});

test.each(["../vmlinuz", "/etc/passwd", ".hidden", "a/b", ""])("a file name of %j does not leave the image", (name) => {
  const manifest = putImage(new FakeWorld().disk, "/i");
  const files = { ...manifest.files, kernel: { ...manifest.files.kernel, name } };
  expect(() => parseManifest(JSON.stringify({ ...manifest, files }), "m")).toThrow(/files\.kernel\.name/);
});

test("what is no JSON is a damaged image, with the path", () => {
  expect(() => parseManifest("{", "/i/manifest.json")).toThrow(
    "the image file /i/manifest.json is damaged: it is no JSON",
  );
});
