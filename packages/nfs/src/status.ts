/** `nfsstat3`, RFC 1813. */
const nfsStatus = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  EACCES: 13,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  ENAMETOOLONG: 63,
  ENOTEMPTY: 66,
  EDQUOT: 69,
  ESTALE: 70,
  EBADHANDLE: 10_001,
  ENOTSUPP: 10_004,
  ETOOSMALL: 10_005,
  EBADTYPE: 10_007,
} as const;

export type NfsErrorName = keyof typeof nfsStatus;

export class NfsError extends Error {
  readonly code: NfsErrorName;

  constructor(code: NfsErrorName) {
    super(code);
    this.code = code;
  }
}

/** What a client is told of an error; of Node's, by its `code`. */
export function statusOf(error: unknown): number {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  // A symbolic link where none may be: somebody has put it there since it was looked up.
  if (code === "ELOOP") return nfsStatus.ESTALE;
  // Opened to write: a program that runs. Linux has no status for it.
  if (code === "ETXTBSY") return nfsStatus.EACCES;
  return Object.entries(nfsStatus).find(([name]) => name === code)?.[1] ?? nfsStatus.EIO;
}
