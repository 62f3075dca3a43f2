import { describe, expect, it } from "vitest";
import { guestProxies } from "./inherited.ts";

describe("guestProxies", () => {
  it("nothing of a host without a proxy", () => {
    expect(guestProxies({ NO_PROXY: "corp.example", HTTP_PROXY: "" })).toEqual({});
  });

  it("a proxy elsewhere is the same for the guest", () => {
    expect(guestProxies({ HTTPS_PROXY: "http://proxy.corp:8080", no_proxy: "corp.example, 10.0.0.0/8" })).toEqual({
      HTTPS_PROXY: "http://proxy.corp:8080",
      NO_PROXY: "corp.example,10.0.0.0/8,host.docker.internal",
    });
  });

  it.each([
    ["http://127.0.0.1:3128", "http://host.docker.internal:3128"],
    ["127.0.0.1:3128", "host.docker.internal:3128"],
    ["http://user:p%40ss@localhost:3128/", "http://user:p%40ss@host.docker.internal:3128/"],
    ["http://user:p/a@ss@127.0.0.1:3128", "http://user:p/a@ss@host.docker.internal:3128"],
    ["http://0.0.0.0:3128", "http://host.docker.internal:3128"],
    ["socks5://[::1]:1080", "socks5://host.docker.internal:1080"],
    ["http://squid.localhost", "http://host.docker.internal"],
    ["https://127.9.9.9", "https://host.docker.internal"],
    ["http://127.0.0.1.example:1", "http://127.0.0.1.example:1"],
    ["http://[fd00::1]:3128", "http://[fd00::1]:3128"],
    ["not a proxy", "not a proxy"],
  ])("%s is %s there", (onHost, inGuest) => {
    expect(guestProxies({ http_proxy: onHost })["HTTP_PROXY"]).toBe(inGuest);
  });

  it("of two spellings the capital one counts", () => {
    expect(guestProxies({ http_proxy: "http://a", HTTP_PROXY: "http://b" })["HTTP_PROXY"]).toBe("http://b");
  });
});
