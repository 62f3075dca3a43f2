import { exitCodes, UserError } from "../errors.ts";
import { readActive } from "./machines.ts";
import { jsonOption, verb } from "./verb.ts";

export const active = verb({
  aliases: [],
  summary: "print the machine that docker clients use here",
  details: "By DOCKER_HOST, by DOCKER_CONTEXT, or by the context in use. Exit code 1 when that is no machine.",
  operands: [],
  options: jsonOption,
  async run(context, { options }) {
    const name = await readActive(context);
    if (options.json) context.ui.json({ name: name ?? null });
    else if (name !== undefined) context.ui.result(name);
    if (name !== undefined) return 0;
    if (options.json) return exitCodes.failed;
    const overruling = ["DOCKER_HOST", "DOCKER_CONTEXT"].find((variable) => (context.host.env[variable] ?? "") !== "");
    const use = "To have them use one: boot2docker context use";
    throw new UserError("docker clients use no machine of boot2docker here", {
      code: "none-active",
      hint:
        overruling === undefined
          ? use
          : `They do as ${overruling} says, which is set here. Without it: boot2docker context use`,
    });
  },
});
