import { createHash } from "node:crypto";
import { writeTar } from "./tar.ts";
import { directory, file, planTree, symlink, type Entry } from "./tree.ts";

const reference = "boot2docker/busybox";

export interface BusyboxImage {
  busybox: Buffer;
  /** `--list-full`, as absolute paths. */
  applets: readonly string[];
  version: string;
  /** GOARCH, as in an image's configuration. */
  goArchitecture: string;
  epoch: number;
}

/** An archive without the content of busybox: that is in the root already, and a compressor sees no further than 1 MiB. */
export interface BusyboxArchive {
  head: Uint8Array;
  tail: Uint8Array;
}

/**
 * The small image that comes with the machine, as `docker save` writes one: a layer, its configuration and the
 * manifest (moby: image/spec/spec.md; `docker load` reads it with either image store).
 */
export async function makeBusyboxImage(image: BusyboxImage): Promise<BusyboxArchive> {
  const layer = await collect(planLayer(image), image.epoch);
  const created = new Date(image.epoch * 1000).toISOString();
  const config = Buffer.from(
    JSON.stringify({
      architecture: image.goArchitecture,
      os: "linux",
      created,
      config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: ["sh"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created, created_by: `busybox ${image.version}` }],
    }),
  );
  const [configName, layerName] = [`${sha256(config)}.json`, `${sha256(layer)}/layer.tar`];
  const manifest = [
    { Config: configName, RepoTags: [`${reference}:latest`, `${reference}:${image.version}`], Layers: [layerName] },
  ];
  const archive = await collect(
    planTree([
      file(`/${configName}`, config),
      file(`/${layerName}`, layer),
      file("/manifest.json", JSON.stringify(manifest)),
    ]),
    image.epoch,
  );
  const start = archive.indexOf(image.busybox);
  if (start === -1) throw new Error("busybox is not in its own image");
  return { head: archive.subarray(0, start), tail: archive.subarray(start + image.busybox.length) };
}

function planLayer({ busybox, applets }: BusyboxImage): Entry[] {
  return planTree([
    file("/bin/busybox", busybox, 0o755),
    ...applets.filter((path) => path !== "/bin/busybox").map((path) => symlink(path, "/bin/busybox")),
    file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
    file("/etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    file("/etc/nsswitch.conf", "hosts: files dns\n"),
    directory("/root", 0o700),
    directory("/tmp", 0o1777),
    directory("/usr/local/bin"),
    directory("/var/www"),
  ]);
}

async function collect(entries: readonly Entry[], epoch: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of writeTar(entries, epoch)) parts.push(part);
  return Buffer.concat(parts);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
