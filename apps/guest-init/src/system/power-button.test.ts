import { expect, it } from "vitest";
import { hasPowerKey } from "./power-button.ts";

/** As the kernel writes them: 16 bytes of time, type, code, value. */
function events(...list: [type: number, code: number, value: number][]): Uint8Array {
  const bytes = new Uint8Array(list.length * 24);
  const view = new DataView(bytes.buffer);
  for (const [index, [type, code, value]] of list.entries()) {
    view.setUint16(index * 24 + 16, type, true);
    view.setUint16(index * 24 + 18, code, true);
    view.setInt32(index * 24 + 20, value, true);
  }
  return bytes;
}

it.each([
  ["a press", events([1, 116, 1], [0, 0, 0]), true],
  ["a press after something else", events([0, 0, 0], [1, 116, 1]), true],
  ["its release", events([1, 116, 0], [0, 0, 0]), false],
  ["another key", events([1, 142, 1]), false],
  ["half an event", events([1, 116, 1]).subarray(0, 20), false],
])("%s", (_, bytes, isPressed) => {
  expect(hasPowerKey(bytes)).toBe(isPressed);
});
