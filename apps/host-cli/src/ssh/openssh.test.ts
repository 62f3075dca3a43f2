import { expect, test } from "vitest";
import { quote } from "./openssh.ts";

test.each([
  ["/home/user/key", "/home/user/key"],
  ["/home/o'brien/a key", '"/home/o\'brien/a key"'],
  ['/home/a"b/#1', '"/home/a\\"b/#1"'],
  ["/home/100%/key", "/home/100%%/key"],
  ["/home/100% mine/key", '"/home/100%% mine/key"'],
  [String.raw`C:\Users\me`, String.raw`"C:\\Users\\me"`],
])("%s as a value", (path, value) => {
  expect(quote(path)).toBe(value);
});
