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
    "  UDP[HOST_FORWARD]  16               *  5353       10.0.2.15 61000     0     0",
    "",
  ].join("\r\n");
  expect(parseUsernet(text)).toEqual([
    { protocol: "tcp", hostAddress: "127.0.0.1", hostPort: 23761, guestPort: 22 },
    { protocol: "tcp", hostAddress: "127.0.0.1", hostPort: 23760, guestPort: 2376 },
    { protocol: "udp", hostAddress: "0.0.0.0", hostPort: 5353, guestPort: 61000 },
  ]);
  expect(parseUsernet("")).toEqual([]);
});

test("commands name protocol, address and both ports", () => {
  const forward = { protocol: "udp", hostAddress: "127.0.0.1", hostPort: 1, guestPort: 2 } as const;
  expect(addCommand(forward)).toBe("hostfwd_add net0 udp:127.0.0.1:1-:2");
  expect(removeCommand(forward)).toBe("hostfwd_remove net0 udp:127.0.0.1:1");
});
