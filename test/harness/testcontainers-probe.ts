/** As a program of somebody who set nothing: starts a container, asks its server, ends it. Prints what the server said. */
import { GenericContainer, Wait } from "testcontainers";

const page = ["sh", "-c", "echo from testcontainers >/tmp/index.html; exec httpd -f -p 80 -h /tmp"];
const container = await new GenericContainer("boot2docker/busybox")
  .withCommand(page)
  .withExposedPorts(80)
  .withWaitStrategy(Wait.forHttp("/", 80))
  .start();
try {
  const answer = await fetch(`http://${container.getHost()}:${container.getMappedPort(80)}/`);
  process.stdout.write(await answer.text());
} finally {
  await container.stop();
}
