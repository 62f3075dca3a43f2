import { createHash } from "node:crypto";
import type { FileFacts, Files } from "../host.ts";

interface Entry {
  kind: FileFacts["kind"];
  bytes: Uint8Array;
  /** Of a file with holes, of which `bytes` is only the start. */
  sparseBytes?: number;
  /** What was written into it later, by its offset. */
  patches?: ReadonlyMap<number, string>;
  mode: number;
  modifiedAt: Date;
}

class FileError extends Error {
  readonly code: string;
  readonly syscall = "fake";
  constructor(code: string, path: string) {
    super(`${code}: ${path}`);
    this.code = code;
  }
}

/** A disk in memory. Directories are what has something below it, or was made. */
export class FakeDisk {
  /** Who hears of changes, by folder. */
  readonly watches = new Map<string, { onChange: (path: string) => void; onMissed: (reason: string) => void }>();
  readonly entries = new Map<string, Entry>();
  freeBytes = 100 * 2 ** 30;
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  put(
    path: string,
    content: string | Uint8Array,
    options: { kind?: FileFacts["kind"]; mode?: number; sparseBytes?: number } = {},
  ): void {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const { kind = "file", mode = 0o600, ...sparse } = options;
    this.entries.set(path, { kind, bytes, mode, modifiedAt: this.#now(), ...sparse });
  }

  text(path: string): string | undefined {
    const entry = this.entries.get(path);
    return entry === undefined ? undefined : new TextDecoder().decode(entry.bytes);
  }

  names(): string[] {
    return [...this.entries.keys()].sort();
  }
}

export function filesOn(disk: FakeDisk): Omit<Files, "tryLock"> {
  const { entries } = disk;
  const below = (path: string): string[] => [...entries.keys()].filter((key) => key.startsWith(`${path}/`));
  const must = (path: string): Entry => {
    const entry = entries.get(path);
    if (entry === undefined) throw new FileError("ENOENT", path);
    return entry;
  };
  const checkParent = (path: string): void => {
    must(path.slice(0, path.lastIndexOf("/")));
  };
  return {
    readText: async (path) => disk.text(path),
    async *readChunks(path) {
      yield must(path).bytes;
    },
    readPart: async (path, offset, maxBytes) =>
      (entries.get(path)?.bytes ?? new Uint8Array()).slice(offset, offset + maxBytes),
    writeAtomic: async (path, content) => {
      checkParent(path);
      disk.put(path, content);
    },
    writeChunks: async (path, chunks, signal) => {
      checkParent(path);
      const parts: Uint8Array[] = [];
      for await (const chunk of chunks) {
        signal.throwIfAborted();
        parts.push(chunk);
      }
      const bytes = new Uint8Array(Buffer.concat(parts));
      disk.put(path, bytes);
      return { sizeBytes: bytes.byteLength, sha256: createHash("sha256").update(bytes).digest("hex") };
    },
    append: async (path, text) => {
      checkParent(path);
      disk.put(path, (disk.text(path) ?? "") + text);
    },
    empty: async (path) => {
      must(path);
      disk.put(path, "");
    },
    createSparse: async (path, sizeBytes, start) => {
      checkParent(path);
      if (entries.has(path)) throw new FileError("EEXIST", path);
      disk.put(path, start);
      entries.set(path, { ...must(path), sparseBytes: sizeBytes });
    },
    copySparse: async (from, to, onProgress) => {
      checkParent(to);
      if (entries.has(to)) throw new FileError("EEXIST", to);
      const entry = must(from);
      entries.set(to, entry);
      const size = entry.sparseBytes ?? entry.bytes.byteLength;
      onProgress(size, size);
    },
    grow: async (path, sizeBytes) => {
      const entry = must(path);
      entries.set(path, { ...entry, sparseBytes: Math.max(sizeBytes, entry.sparseBytes ?? entry.bytes.byteLength) });
    },
    overwrite: async (path, offset, bytes) => {
      const entry = must(path);
      const patches = new Map(entry.patches).set(offset, new TextDecoder().decode(bytes));
      entries.set(path, { ...entry, patches });
    },
    sha256: async (path) => createHash("sha256").update(must(path).bytes).digest("hex"),
    makeDirectory: async (path) => {
      const parts = path.split("/").slice(1);
      for (let length = 1; length <= parts.length; length += 1) {
        const parent = `/${parts.slice(0, length).join("/")}`;
        if (!entries.has(parent)) disk.put(parent, "", { kind: "directory", mode: 0o700 });
      }
    },
    list: async (path) =>
      below(path)
        .map((key) => key.slice(path.length + 1))
        .filter((name) => !name.includes("/"))
        .sort(),
    stat: async (path) => {
      const entry = entries.get(path);
      if (entry === undefined) return undefined;
      const { kind, bytes, sparseBytes, mode, modifiedAt } = entry;
      return {
        kind,
        sizeBytes: sparseBytes ?? bytes.byteLength,
        allocatedBytes: bytes.byteLength,
        mode,
        modifiedAt,
      };
    },
    readLink: async (path) => (entries.get(path)?.kind === "symlink" ? disk.text(path) : undefined),
    symlink: async (target, path) => {
      checkParent(path);
      if (entries.has(path)) throw new FileError("EEXIST", path);
      disk.put(path, target, { kind: "symlink" });
    },
    realPath: async (path) => (entries.get(path)?.kind === "symlink" ? (disk.text(path) ?? path) : path),
    rename: async (from, to) => {
      for (const key of [from, ...below(from)]) {
        entries.set(to + key.slice(from.length), must(key));
        entries.delete(key);
      }
    },
    remove: async (path) => {
      for (const key of [path, ...below(path)]) entries.delete(key);
    },
    modifiedNs: async (path) => {
      const entry = entries.get(path);
      return entry && BigInt(entry.modifiedAt.getTime()) * 1_000_000n;
    },
    watch: async (folder, onChange, onMissed) => {
      disk.watches.set(folder, { onChange, onMissed });
      return { close: () => void disk.watches.delete(folder) };
    },
    freeBytes: async () => disk.freeBytes,
  };
}
