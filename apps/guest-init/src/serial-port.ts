import type { Channel } from "@boot2docker/protocol";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { openPolled } from "./system/poll-handle.ts";

/**
 * Opens the virtio-serial port that the host gave this name; undefined when there is none.
 *
 * With no host at the other end `incoming` ends at once: open it again a little later. A port can be opened once only
 * (EBUSY), so an old channel must be closed first.
 */
export async function openSerialPort(name: string): Promise<Channel | undefined> {
  const path = findPort(name);
  if (path === undefined) return undefined;
  const socket = openPolled(path, "rw");
  return {
    // A Buffer is a Uint8Array; net.Socket yields nothing else without an encoding.
    incoming: socket as AsyncIterable<Uint8Array>,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    async close() {
      if (socket.closed) return;
      const closed = once(socket, "close");
      socket.destroy();
      await closed;
    },
  };
}

function findPort(name: string): string | undefined {
  const root = "/sys/class/virtio-ports";
  let ports: string[];
  try {
    ports = readdirSync(root);
  } catch {
    return undefined; // no virtio-serial device at all
  }
  const port = ports.find((candidate) => nameOf(`${root}/${candidate}`) === name);
  return port === undefined ? undefined : `/dev/${port}`;
}

function nameOf(port: string): string | undefined {
  try {
    return readFileSync(`${port}/name`, "utf8").trim();
  } catch {
    return undefined; // a console: it has none
  }
}
