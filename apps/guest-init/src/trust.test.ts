import { beforeEach, expect, it } from "vitest";
import { FakeSystem } from "./testing/fake-system.ts";
import { trustCertificates } from "./trust.ts";

const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
const OWN = "/var/lib/boot2docker/certs";
const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`;

let system: FakeSystem;
beforeEach(() => {
  system = new FakeSystem();
  system.content.set(BUNDLE, `${pem("debian")}\n`);
});

it("without certificates of the user's nothing is written", async () => {
  expect(await trustCertificates([], system.files)).toEqual([]);
  expect(system.history).toEqual([]);
});

it("the user's are added to the image's, whatever else is in their files", async () => {
  system.content.set(`${OWN}/corp.pem`, `a remark\n${pem("corp")}\n${pem("corp 2")}\n`);
  system.content.set(`${OWN}/README`, pem("not taken"));
  expect(await trustCertificates([], system.files)).toEqual([]);
  expect(system.content.get(BUNDLE)).toBe(`${pem("debian")}\n${pem("corp")}\n${pem("corp 2")}\n`);
});

it("a second run adds nothing twice, and takes away what is gone", async () => {
  system.content.set(`${OWN}/corp.pem`, pem("corp"));
  await trustCertificates([], system.files);
  await trustCertificates([], system.files);
  expect(system.content.get(BUNDLE)).toBe(`${pem("debian")}\n${pem("corp")}\n`);
  system.content.delete(`${OWN}/corp.pem`);
  await trustCertificates([], system.files);
  expect(system.content.get(BUNDLE)).toBe(`${pem("debian")}\n`);
});

it("the host's come before the user's", async () => {
  system.content.set(`${OWN}/corp.pem`, pem("corp"));
  await trustCertificates([pem("host")], system.files);
  expect(system.content.get(BUNDLE)).toBe(`${pem("debian")}\n${pem("host")}\n${pem("corp")}\n`);
});

it("what is no certificate is named", async () => {
  system.content.set(`${OWN}/key.pem`, "-----BEGIN PRIVATE KEY-----");
  expect(await trustCertificates([], system.files)).toEqual(["key.pem"]);
});

it("a registry's own are where Docker looks for them", async () => {
  system.content.set("/var/lib/boot2docker/certs.d/registry:5000/ca.crt", pem("registry"));
  await trustCertificates([], system.files);
  expect(system.history).toEqual(["link /var/lib/boot2docker/etc/docker/certs.d /var/lib/boot2docker/certs.d"]);
});
