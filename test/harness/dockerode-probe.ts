/** As a program of somebody who set nothing: attaches to a container, says something, and prints what comes back. */
import Docker from "dockerode";

const docker = new Docker();
const container = await docker.createContainer({
  Image: "boot2docker/busybox",
  Cmd: ["cat"],
  OpenStdin: true,
  StdinOnce: true,
  HostConfig: { AutoRemove: true },
});
const stream = await container.attach({ stream: true, stdin: true, stdout: true, hijack: true });
docker.modem.demuxStream(stream, process.stdout, process.stderr);
await container.start();
stream.end("from dockerode\n");
await container.wait();
