import ssh2 from "ssh2";
import { expect, test } from "vitest";
import { makeKeyPair } from "./ssh-key.ts";

test("every key can be read", async () => {
  const firstBytes = new Set<number>();
  for (let made = 0; made < 1_500; made += 1) {
    const pair = await makeKeyPair("boot2docker-work");
    const key = ssh2.utils.parseKey(pair.private);
    if (key instanceof Error) throw key;
    const blob = key.getPublicSSH();
    expect(pair.public).toBe(`ssh-ed25519 ${blob.toString("base64")} boot2docker-work`);
    expect(blob).toHaveLength(4 + "ssh-ed25519".length + 4 + 32);
    firstBytes.add(blob[19] ?? 0);
  }
  expect(firstBytes.size).toBeGreaterThan(200);
});
