import { expect, test } from "vitest";
import type { Host } from "../host.ts";
import { rootDir } from "../machine-dir/dir.ts";
import { putImage } from "../testing/fake-image.ts";
import { FakeWorld } from "../testing/fake-world.ts";
import { isUnpacked, unpackedImage, unpackImage } from "./image.ts";
import { openImageSource } from "./manifest.ts";

const never = new AbortController().signal;

function worldWithImage(): FakeWorld {
  const world = new FakeWorld();
  putImage(world.disk, "/image");
  return world;
}

async function unpack(world: FakeWorld, host: Host = world.host()) {
  const source = await openImageSource(world.host(), never);
  const root = rootDir(host);
  const details: string[] = [];
  await unpackImage(host, root, source, (detail) => void details.push(detail), never);
  return { source, root, details };
}

async function unpackedNames(world: FakeWorld): Promise<string[]> {
  return world.host().files.list("/root-dir/images");
}

test("an unpacked image has the three files and is found again", async () => {
  const world = worldWithImage();
  const { source, root, details } = await unpack(world);
  const image = unpackedImage(root, source);
  expect(world.disk.text(image.kernelPath)).toBe("the kernel");
  expect(world.disk.text(image.initrdPath)).toBe("the initrd");
  expect(world.disk.text(image.rootPath)).toBe("the root file system");
  expect(await isUnpacked(world.host(), root, source)).toBe(true);
  expect(details).toEqual(["100 %"]);
});

test("a file that was cut later makes it count as not unpacked, and is replaced", async () => {
  const world = worldWithImage();
  const { source, root } = await unpack(world);
  world.disk.put(unpackedImage(root, source).rootPath, "the root");
  expect(await isUnpacked(world.host(), root, source)).toBe(false);
  await unpack(world);
  expect(await isUnpacked(world.host(), root, source)).toBe(true);
});

test.each([
  ["vmlinuz", "the kerneL"],
  ["initrd.img", "short"],
  ["root.img.xz", "the root file systeM"],
])("a damaged %s is named, and nothing of the image stays", async (name, content) => {
  const world = worldWithImage();
  world.disk.put(`/image/${name}`, content);
  await expect(unpack(world)).rejects.toMatchObject({
    code: "image-damaged",
    message: expect.stringContaining(`/image/${name}`) as string,
  });
  expect(await unpackedNames(world)).toEqual([]);
});

test("a file that is missing is a damaged image too", async () => {
  const world = worldWithImage();
  world.disk.entries.delete("/image/vmlinuz");
  await expect(unpack(world)).rejects.toMatchObject({ code: "image-damaged" });
});

test("a stream that holds more than its manifest says is stopped", async () => {
  const world = worldWithImage();
  const host: Host = {
    ...world.host(),
    async *decompressXz() {
      for (;;) yield new Uint8Array(1 << 20);
    },
  };
  await expect(unpack(world, host)).rejects.toMatchObject({
    code: "image-damaged",
    message: expect.stringContaining("it holds more") as string,
  });
});

test("without room nothing is written", async () => {
  const world = worldWithImage();
  world.disk.freeBytes = 10;
  await expect(unpack(world)).rejects.toMatchObject({ code: "host-disk-full" });
  expect(await unpackedNames(world)).toEqual([]);
});

test("of many images the newest three stay", async () => {
  const world = worldWithImage();
  for (const version of ["1", "2", "3", "4"]) {
    const manifest = putImage(world.disk, "/image");
    world.disk.put("/image/manifest.json", JSON.stringify({ ...manifest, version }));
    await unpack(world);
    await world.clock.pass(1_000);
  }
  expect((await unpackedNames(world)).map((name) => name[0])).toEqual(["2", "3", "4"]);
});

test("killed at any effect, there is either no image or a whole one, and the next call makes it", async () => {
  for (let effect = 0; effect < 30; effect += 1) {
    const world = worldWithImage();
    void unpack(world, world.host({ diesAfter: effect }));
    await world.clock.pass(1);
    const source = await openImageSource(world.host(), never);
    const names = (await unpackedNames(world)).filter((name) => !name.endsWith(".partial"));
    const isWhole = await isUnpacked(world.host(), rootDir(world.host()), source);
    expect(names, `after effect ${effect}`).toEqual(isWhole ? [source.id] : []);
    await unpack(world);
    expect(await unpackedNames(world)).toEqual([source.id]);
  }
});
