import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { runInWorld } from "../testing/run-in-world.ts";
import { machineConfig, worldWithMachine } from "../testing/world-with-machine.ts";
import { ensureCa } from "../tls/ca.ts";
import { toDocument } from "../machine-dir/config-file.ts";
import { writeInherited } from "../machine-dir/inherited.ts";
import { guestRequests } from "./guest-requests.ts";

const never = new AbortController().signal;
const forwards = { publish: async () => [], connectFolders: async () => undefined };
const want = async (): Promise<void> => undefined;

test("the guest is told its name, its network, its disk and who may come in", async () => {
  const { world, dir } = await worldWithMachine();
  expect(await guestRequests(world.host(), dir, machineConfig, forwards, want)["config.get"]({}, never)).toEqual({
    hostname: "m1",
    dataDisk: { serial: "b2d-data", formatIfBlank: false },
    network: {
      mode: "static",
      address: "10.0.2.15/24",
      gateway: "10.0.2.2",
      dns: ["10.0.2.3"],
      hostAddress: "10.0.2.2",
    },
    authorizedKeys: ["ssh-ed25519 AAAA user"],
    authorities: [],
    folders: { port: 32_049, list: [] },
    engine: { daemon: {}, env: {} },
  });
});

test("the machine takes over what its host was at the last start; what is said of the engine counts more", async () => {
  const { world, dir } = await worldWithMachine();
  const NO_PROXY = "host.docker.internal";
  world.env = { HTTP_PROXY: "http://localhost:3128", HTTPS_PROXY: "http://proxy.corp" };
  world.authorities.push("corporate");
  const host = world.host();
  await writeInherited(host, dir);
  const engine = { daemon: {}, env: { https_proxy: "http://other.corp" } };
  world.disk.put(dir.config, JSON.stringify(toDocument({ ...machineConfig, engine })));
  const requests = guestRequests(host, dir, machineConfig, forwards, want);
  const env = { HTTP_PROXY: "http://host.docker.internal:3128", https_proxy: "http://other.corp", NO_PROXY };
  expect(await requests["config.get"]({}, never)).toMatchObject({ engine: { env }, authorities: ["corporate"] });
  await writeInherited(host, dir, "none");
  expect(await requests["config.get"]({}, never)).toMatchObject({ engine, authorities: [] });
});

test("a name that leads to this host leads the guest there, too", async () => {
  const { world, dir } = await worldWithMachine();
  world.names.set("dev.test", ["127.0.0.1", "::1"]).set("intranet.corp", ["10.1.1.1", "fe80::1%eth0"]);
  const requests = guestRequests(world.host(), dir, machineConfig, forwards, want);
  const resolve = (name: string) => requests["names.resolve"]({ name }, never);
  expect(await resolve("dev.test")).toEqual({ addresses: ["10.0.2.2"] });
  expect(await resolve("intranet.corp")).toEqual({ addresses: ["10.1.1.1"] });
  expect(await resolve("nobody.corp")).toEqual({ addresses: [] });
});

test("a machine.json that somebody is just editing does not cut the machine off", async () => {
  const { world, dir } = await worldWithMachine();
  const requests = guestRequests(world.host(), dir, machineConfig, forwards, want);
  const engine = { daemon: { debug: true }, env: {} };
  world.disk.put(dir.config, JSON.stringify(toDocument({ ...machineConfig, engine })));
  expect(await requests["config.get"]({}, never)).toMatchObject({ engine });
  world.disk.put(dir.config, "{");
  expect(await requests["config.get"]({}, never)).toMatchObject({ engine });
});

test("a certificate is issued by this program in another process, whose failure is told", async () => {
  const { world, dir } = await worldWithMachine();
  const host = world.host();
  world.programs.set(host.self[0], (args) => runInWorld(world, args));
  const requests = guestRequests(host, dir, machineConfig, forwards, want);
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const removeCa = (): void => {
    for (const path of [dir.root.caCert, dir.root.caKey]) world.disk.entries.delete(path);
  };
  removeCa();
  const ca = await ensureCa(host, dir.root);
  const { certificatePem, caPem } = await requests["certificate.issue"]({ publicKeyPem }, never);
  expect(caPem).toBe(ca.certificatePem);
  expect(host.describeCertificate(certificatePem).names).toContain(dir.name);
  removeCa();
  await expect(requests["certificate.issue"]({ publicKeyPem }, never)).rejects.toThrow(
    /no certificate was issued: .*there is no certificate authority/,
  );
});
