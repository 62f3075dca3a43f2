import { expect, test } from "vitest";
import { addCommand, parseUsernet, removeCommand } from "./qemu-forwards.ts";

test("forwards are read from among connections, as QEMU 7.2 prints them", () => {
  const text = [
    "Hub -1 (net0):",
    "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ",
    "  TCP[ESTABLISHED]   21       127.0.0.1 23760       10.0.2.15  2376     0     0",
    "  TCP[HOST_FORWARD]  13       127.0.0.1 23761       10.0.2.15    22     0     0",
    "  UDP[236 sec]       20       10.0.2.15 51423        10.0.2.3    53     0     0",
    "  TCP[HOST_FORWARD]  12       127.0.0.1 23760       10.0.2.15  2376     0     0",
    "",
  ].join("\r\n");
  expect(parseUsernet(text)).toEqual([
    { hostPort: 23761, guestPort: 22 },
    { hostPort: 23760, guestPort: 2376 },
  ]);
  expect(parseUsernet("")).toEqual([]);
});

test("commands name the loopback: the machine is for this host alone", () => {
  const forward = { hostPort: 1, guestPort: 2 };
  expect(addCommand(forward)).toBe("hostfwd_add net0 tcp:127.0.0.1:1-:2");
  expect(removeCommand(forward)).toBe("hostfwd_remove net0 tcp:127.0.0.1:1");
});
