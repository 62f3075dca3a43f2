/**
 * What is measured through each way to it: `d` asks for so many bytes, `u` announces as many and is answered when all have come, all
 * else comes back. For `node -e`, in a container and on the host; says a line when it listens.
 */
export function portServer(port: number, bytes: number): string {
  return `
    const block = Buffer.alloc(65536, 1);
    require("net").createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", (first) => {
        if (first[0] === 100) give(socket, ${bytes / 65_536});
        else if (first[0] === 117) take(socket, ${bytes} + 1 - first.length);
        else { socket.write(first); socket.on("data", (data) => socket.write(data)); socket.on("end", () => socket.end()); }
      });
    }).listen(${port}, () => console.log("listening"));
    function give(socket, blocks) {
      while (blocks-- > 0) if (!socket.write(block)) return socket.once("drain", () => give(socket, blocks));
      socket.end();
    }
    function take(socket, bytes) {
      socket.on("data", (data) => { bytes -= data.length; if (bytes === 0) socket.end("k"); });
    }`;
}
