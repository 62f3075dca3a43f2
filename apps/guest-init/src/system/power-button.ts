import { readFileSync, readdirSync } from "node:fs";
import { openPolled } from "./poll-handle.ts";

/** linux/input-event-codes.h */
const EV_KEY = 1;
const KEY_POWER = 116;
/** struct input_event of a 64-bit kernel: two words of time, then type, code, value. */
const EVENT_BYTES = 24;

export async function powerButton(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const sockets = devices().map((path) => {
    const socket = openPolled(path, "r");
    socket.on("data", (bytes) => {
      if (hasPowerKey(bytes)) resolve(undefined);
    });
    socket.on("error", () => {
      socket.destroy(); // ENODEV: the device is gone, and so is its button
    });
    socket.unref();
    return socket;
  });
  signal.addEventListener("abort", () => resolve(undefined), { once: true });
  await promise;
  for (const socket of sockets) socket.destroy();
  signal.throwIfAborted();
}

function devices(): string[] {
  try {
    return readdirSync("/sys/class/input")
      .filter((name) => name.startsWith("event"))
      .filter((name) => /power button/i.test(readFileSync(`/sys/class/input/${name}/device/name`, "utf8")))
      .map((name) => `/dev/input/${name}`);
  } catch {
    return []; // a kernel without input devices has no button
  }
}

/** Events come whole: the driver never splits one. */
export function hasPowerKey(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + EVENT_BYTES <= bytes.byteLength; at += EVENT_BYTES) {
    const pressed = view.getInt32(at + 20, true) === 1;
    if (view.getUint16(at + 16, true) === EV_KEY && view.getUint16(at + 18, true) === KEY_POWER && pressed) return true;
  }
  return false;
}
