import { expect, it } from "vitest";
import { parseRules, type PortRule, renderRules } from "./port-rules.ts";

const rules: PortRule[] = [
  { protocol: "tcp", guestPort: 61000, containerAddress: "172.17.0.2", containerPort: 80 },
  { protocol: "udp", guestPort: 61001, containerAddress: "172.18.0.3", containerPort: 53 },
];

it("rules are read back from what iptables says of them", () => {
  expect(parseRules(renderRules(rules))).toEqual(rules);
});

it("no rules empty the chain", () => {
  expect(renderRules([])).toBe("*nat\n:BOOT2DOCKER-PORTS - [0:0]\nCOMMIT\n");
});
