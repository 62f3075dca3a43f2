import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { scenarios } from "../fixtures/scenarios.ts";
import { protocolRange } from "./limits.ts";
import { parseTranscript, renderTranscript } from "./testing/transcript.ts";
import { replayTranscript } from "./testing/transcript-replay.ts";

const fixtures = new URL("../fixtures/", import.meta.url);
const versions = Array.from(
  { length: protocolRange.max - protocolRange.min + 1 },
  (_, index) => protocolRange.min + index,
);

describe.each(versions)("version %i", (version) => {
  const directory = new URL(`v${version}/`, fixtures);
  const files = readdirSync(directory).filter((file) => file.endsWith(".jsonl"));

  describe.each(files)("%s", (file) => {
    const transcript = parseTranscript(readFileSync(new URL(file, directory), "utf8"));

    test.each(transcript.header.ends)("today's %s says and hears what the recorded one did", async (end) => {
      await replayTranscript(transcript, end);
    });
  });
});

describe("the newest version", () => {
  const directory = new URL(`v${protocolRange.max}/`, fixtures);

  test("has a transcript of each scenario and no other", () => {
    expect(readdirSync(directory).sort()).toEqual(
      Object.keys(scenarios)
        .map((name) => `${name}.jsonl`)
        .sort(),
    );
  });

  test.each(Object.entries(scenarios))("the scenario %s gives its transcript again", async (name, run) => {
    expect(renderTranscript(await run())).toBe(readFileSync(new URL(`${name}.jsonl`, directory), "utf8"));
  });
});

test("a replay notices an answer that differs, and says where", async () => {
  const text = readFileSync(new URL("v1/boot.jsonl", fixtures), "utf8");
  const changed = parseTranscript(text.replace('\\"offsetMs\\":-1.5', '\\"offsetMs\\":\\"far\\"'));
  await expect(replayTranscript(changed, "host")).rejects.toThrow(/^line 14: recorded .*"far".*now .*-32005/);
});

test("a replay notices a line that the recording does not have", async () => {
  const { header, lines } = parseTranscript(readFileSync(new URL("v1/host-first.jsonl", fixtures), "utf8"));
  const withoutHello = lines.filter(
    (line) => !("from" in line && line.from === "host" && line.latin1.includes("echo")),
  );
  expect(withoutHello.length).toBeLessThan(lines.length);
  await expect(replayTranscript({ header, lines: withoutHello }, "host")).rejects.toThrow("recorded");
});
