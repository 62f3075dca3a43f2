import { completionScript, completionShells } from "../completion-scripts.ts";
import { usageError } from "../errors.ts";
import { shellOfProgram } from "../shell-env.ts";
import { callingShell } from "./calling-shell.ts";
import { verb } from "./verb.ts";

export const completion = verb({
  aliases: [],
  summary: "print what makes a shell complete the words of this program",
  details: "Machines that there are, verbs, options and what they take are asked of the program at each completion.",
  examples: [
    'eval "$(boot2docker completion bash)"     # in ~/.bashrc',
    'eval "$(boot2docker completion zsh)"      # in ~/.zshrc, behind compinit',
    "boot2docker completion fish > ~/.config/fish/completions/boot2docker.fish",
    "boot2docker completion powershell | Out-String | Invoke-Expression   # in $PROFILE",
  ],
  operands: [
    {
      name: "SHELL",
      summary: `${completionShells.join(", ")}; the calling one when not given`,
      choices: completionShells,
    },
  ],
  options: {},
  async run(context, { operands }) {
    const [named] = operands;
    const called: string | undefined = named === undefined ? await callingShell(context) : shellOfProgram(named);
    const shell = completionShells.find((known) => known === called);
    if (shell === undefined) {
      throw usageError(
        `completion ${named ?? called ?? ""}: not for that shell`,
        `There are ${completionShells.join(", ")}.`,
      );
    }
    context.ui.raw(completionScript(shell));
  },
});
