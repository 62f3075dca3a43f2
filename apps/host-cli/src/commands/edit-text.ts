import type { ErrorCode } from "../error-codes.ts";
import { exitCodes, UserError } from "../errors.ts";
import type { Context } from "./verb.ts";

export interface EditedText {
  before: string;
  /** Where the text is while it is edited, and stays when it can't be used. */
  draft: string;
  /** For messages. */
  what: string;
}

/**
 * Has the user's editor change a text until `take` does not throw, or the user gives up: then the draft stays, and the next time goes
 * on with it. Throws UserError `no-terminal`, `editor-failed` (exit 2), and what `take` throws.
 */
export async function editText(
  { host, ui, terminal, signal }: Context,
  { before, draft, what }: EditedText,
  take: (text: string) => Promise<void>,
): Promise<void> {
  if (!terminal.isInteractive) {
    throw failure(
      "no-terminal",
      `there is no terminal to edit the ${what} on`,
      "`boot2docker set` changes them without one.",
    );
  }
  const { files, processes, env, platform } = host;
  const editor =
    [env["VISUAL"], env["EDITOR"]].find((line) => line !== undefined && line !== "") ??
    (platform === "win32" ? "notepad" : "vi");
  const left = await files.readText(draft);
  if (left === undefined) await files.writeAtomic(draft, before);
  else ui.say(`this is your earlier text: it was kept in ${draft}`);
  for (;;) {
    const code = await processes.runOnTerminal(editor, [draft]);
    if (code !== 0) {
      throw failure(
        "editor-failed",
        `${editor} ended with ${code ?? "a signal"}: the ${what} stay as they were`,
        "Set EDITOR to a program that edits text.",
      );
    }
    const text = (await files.readText(draft)) ?? "";
    if (text.trim() === "" || text === before) {
      await files.remove(draft);
      ui.say("nothing was changed");
      return;
    }
    try {
      await take(text);
      await files.remove(draft);
      return;
    } catch (error) {
      if (signal.aborted || !(error instanceof UserError)) throw error;
      ui.say(error.message);
      if ((await ui.confirm("Edit it again?", signal)) === true) continue;
      const hint = `Nothing was changed. Your text is kept in ${draft}: the next edit goes on with it.`;
      const { code, message, exitCode } = error;
      throw UserError.of({ code, message, hint }, { exitCode, cause: error });
    }
  }
}

function failure(code: ErrorCode, message: string, hint: string): UserError {
  return new UserError(message, { code, hint, exitCode: exitCodes.usage });
}
