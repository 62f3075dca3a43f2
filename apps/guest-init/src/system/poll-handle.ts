import { constants, openSync } from "node:fs";
import { Socket } from "node:net";

interface PipeHandle {
  open(fd: number): number;
}
interface PipeWrap {
  Pipe: new (type: number) => PipeHandle;
  constants: { SOCKET: number };
}

/**
 * A stream on a character device that has poll(2).
 *
 * Node itself reads such a file in a thread that blocks, and can then neither close it nor exit. libuv's pipe handle
 * does not ask what the descriptor is, and only needs it to be non-blocking. The socket owns the descriptor.
 */
export function openPolled(path: string, access: "r" | "rw"): Socket {
  const fd = openSync(path, (access === "r" ? constants.O_RDONLY : constants.O_RDWR) | constants.O_NONBLOCK);
  // Not in @types/node: deprecated (DEP0111), but the only way to a pipe handle on a descriptor of our own.
  const { Pipe, constants: kinds } = (process as unknown as { binding(name: "pipe_wrap"): PipeWrap }).binding(
    "pipe_wrap",
  );
  const handle = new Pipe(kinds.SOCKET);
  const failure = handle.open(fd);
  if (failure !== 0) throw new Error(`cannot poll ${path}: libuv error ${failure}`);
  // `handle` is an option of net.Socket that its documentation leaves out.
  return new Socket({ handle, readable: true, writable: access === "rw" } as unknown as ConstructorParameters<
    typeof Socket
  >[0]);
}
