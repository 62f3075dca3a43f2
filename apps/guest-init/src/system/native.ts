import { unlinkSync, writeFileSync } from "node:fs";
import { getRawAsset } from "node:sea";
import type { PowerMode } from "../system.ts";
import { ADDON_ASSET } from "./addon-asset.ts";

/** The system calls that Node has no function for (docs/adr/0003-native-calls.md). They fail with `code` and `errno`. */
export interface Native {
  mount(source: string, target: string, fstype: string, flags: number, data: string): void;
  unmount(target: string, flags: number): void;
  /** Of an open file. */
  syncFileSystem(fd: number): void;
  /** utimensat(2) of the second time alone, in another thread. */
  setModified: (path: string, ns: bigint) => Promise<void>;
  setClock(unixMs: number): void;
  slewClock: (ms: number) => void;
  /** For root alone. */
  makePipe(path: string): void;
  power: (mode: PowerMode) => void;
}

interface NativeFunction {
  (...args: unknown[]): number;
  /** The last argument hears of the result. */
  async(...args: unknown[]): void;
}

/** The part of koffi that is used, without its JavaScript wrapper. */
interface Koffi {
  load(library: null): { func(prototype: string): NativeFunction };
  errno(): number;
  os: { errno: Record<string, number> };
}

const CLOCK_REALTIME = 0;
/** utimensat(2), linux/fcntl.h */
const OMIT = BigInt(2 ** 30 - 2);
const FROM_CURRENT_FOLDER = -100;
const NOT_FOLLOWED = 0x100;
/** reboot(2), linux/reboot.h */
const RESTART = 0x01234567;
const POWER_OFF = 0x4321fedc;

export function openNative(): Native {
  const koffi = loadKoffi();
  const libc = koffi.load(null);
  const mount = libc.func(
    "int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)",
  );
  const umount = libc.func("int umount2(const char *target, int flags)");
  const syncfs = libc.func("int syncfs(int fd)");
  const settime = libc.func("int clock_settime(int clock, const int64_t *time)");
  const adjtime = libc.func("int adjtime(const int64_t *delta, void *old)");
  const utimensat = libc.func("int utimensat(int folder, const char *path, const int64_t *times, int flags)");
  const mkfifo = libc.func("int mkfifo(const char *path, unsigned int mode)");
  const reboot = libc.func("int reboot(int how)");

  const check = (result: number, call: string, object: string): void => {
    if (result === 0) return;
    const errno = koffi.errno();
    const code = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? String(errno);
    throw Object.assign(new Error(`${call} ${object}: ${code}`), { code, errno });
  };
  return {
    mount: (source, target, fstype, flags, data) =>
      check(mount(source, target, fstype, flags, data), `mount ${source} on`, target),
    unmount: (target, flags) => check(umount(target, flags), "unmount", target),
    syncFileSystem: (fd) => check(syncfs(fd), "syncfs", String(fd)),
    setModified(path, ns) {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const times = [0n, OMIT, ns / 1_000_000_000n, ns % 1_000_000_000n];
      // The other thread's errno is not told.
      utimensat.async(FROM_CURRENT_FOLDER, path, times, NOT_FOLLOWED, (error: unknown, result: number) => {
        if (error === null && result === 0) resolve(undefined);
        else reject(new Error(`utimensat ${path} failed`, { cause: error }));
      });
      return promise;
    },
    setClock: (unixMs) => {
      const seconds = Math.floor(unixMs / 1000);
      const nanoseconds = Math.floor((unixMs - seconds * 1000) * 1e6);
      check(settime(CLOCK_REALTIME, [BigInt(seconds), BigInt(nanoseconds)]), "set the clock to", String(unixMs));
    },
    slewClock: (ms) => {
      const seconds = Math.trunc(ms / 1000);
      const microseconds = Math.round((ms - seconds * 1000) * 1000);
      check(adjtime([BigInt(seconds), BigInt(microseconds)], null), "slew the clock by", `${ms} ms`);
    },
    makePipe: (path) => check(mkfifo(path, 0o600), "make pipe", path),
    power: (mode) => check(reboot(mode === "reboot" ? RESTART : POWER_OFF), "reboot(2)", mode),
  };
}

function loadKoffi(): Koffi {
  const addon = { exports: {} as Koffi };
  // dlopen wants a file. /dev is the one place that is writable before anything is mounted, and the mapping outlives it.
  const path = `/dev/${ADDON_ASSET}`;
  writeFileSync(path, new Uint8Array(getRawAsset(ADDON_ASSET)), { mode: 0o700 });
  try {
    process.dlopen(addon, path);
  } finally {
    unlinkSync(path);
  }
  return addon.exports;
}
