import { complete as completeWords } from "../completion.ts";
import { commonOptions, verb } from "./verb.ts";

/** Called by shells: see completion-scripts.ts. A word and its summary a line, or `:files`. */
export const complete = verb({
  aliases: [],
  summary: "say what may stand at the end of a command line",
  operands: [{ name: "WORD", summary: "the words so far, the last one to be completed", isRepeated: true }],
  options: {},
  isHidden: true,
  async run({ host, ui }, { operands }) {
    const [{ verbs }, { listMachines }] = await Promise.all([
      import("./table.ts"),
      import("../machine-dir/machines.ts"),
    ]);
    const found = completeWords(operands, { verbs, commonOptions, machines: await listMachines(host) });
    if (found === "files") ui.result(":files");
    else for (const { word, summary } of found) ui.result(`${word}\t${summary}`);
  },
});
