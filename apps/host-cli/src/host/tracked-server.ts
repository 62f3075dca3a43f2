import { once } from "node:events";
import type { Server as NetServer, Socket } from "node:net";
import type { Server } from "../host.ts";

/** Connections of a server, which end with it. */
export class Connections {
  readonly #sockets = new Set<Socket>();

  keep(...more: Socket[]): void {
    for (const socket of more) {
      this.#sockets.add(socket);
      socket.once("close", () => void this.#sockets.delete(socket));
    }
  }

  serverOf(server: NetServer): Server {
    server.on("error", () => undefined); // One that could not be accepted, for want of files: the next may be.
    const close = async (): Promise<void> => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      for (const socket of this.#sockets) socket.destroy();
      await closed;
    };
    return { close, [Symbol.asyncDispose]: close };
  }
}
