import { describe, expect, it } from "vitest";
import { parseProxyArguments } from "./docker-proxy.ts";

const parse = (line: string) => parseProxyArguments(line.split(" "));

describe("what dockerd asks of a docker-proxy", () => {
  it("is read from its command line, and from that of what stands in its place", () => {
    const options =
      "-proto tcp -host-ip 127.0.0.1 -host-port 8080 -container-ip 172.17.0.2 -container-port 80 -use-listen-fd";
    const request = {
      protocol: "tcp",
      hostAddress: "127.0.0.1",
      hostPort: 8080,
      containerAddress: "172.17.0.2",
      containerPort: 80,
    };
    expect(parse(`/usr/sbin/docker-proxy ${options}`)).toEqual(request);
    expect(parse(`/usr/bin/busybox sh /run/guest-init/docker-proxy ${options}`)).toEqual(request);
  });

  it("may be of IPv6", () => {
    expect(
      parse("-proto udp -host-ip :: -host-port 53 -container-ip fd00:1::2 -container-port 53 -use-listen-fd"),
    ).toMatchObject({ protocol: "udp", hostAddress: "::", containerAddress: "fd00:1::2" });
  });

  it.each([
    "-proto sctp -host-ip 0.0.0.0 -host-port 80 -container-ip 172.17.0.2 -container-port 80",
    "-proto tcp -host-ip $(reboot) -host-port 80 -container-ip 172.17.0.2 -container-port 80",
    "-proto tcp -host-ip 0.0.0.0 -host-port 99999 -container-ip 172.17.0.2 -container-port 80",
    "-proto tcp -host-ip 0.0.0.0 -host-port 80 -container-ip 172.17.0.2 -container-port",
    "",
  ])("is nothing of ours: %s", (line) => {
    expect(parse(line)).toBeUndefined();
  });
});
