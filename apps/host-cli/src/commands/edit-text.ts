import type { ErrorCode } from "../error-codes.ts";
import { exitCodes, UserError } from "../errors.ts";
import type { Context } from "./verb.ts";

export interface EditedText {
  before: string;
  /** Where the text is while it is edited. */
  draft: string;
  /** Where it is kept when it can't be used: nothing goes on with it by itself. */
  rejected: string;
  /** For messages. */
  what: string;
}

/**
 * Has the user's editor change a text until `take` does not throw, or the user gives up: then the text is kept. Throws UserError
 * `no-terminal`, `editor-failed` (exit 2), and what `take` throws.
 */
export async function editText(
  { host, ui, terminal, signal }: Context,
  { before, draft, rejected, what }: EditedText,
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
  const variable = ["VISUAL", "EDITOR"].find((name) => (env[name] ?? "") !== "");
  const editor = (variable && env[variable]) ?? (platform === "win32" ? "notepad" : "vi");
  /** Says where, when there is something to be kept. */
  const keep = async (): Promise<string> => {
    const text = await files.readText(draft);
    if (text === undefined || text === before) {
      await files.remove(draft);
      return "Nothing was changed.";
    }
    await files.rename(draft, rejected);
    return `Nothing was changed. Your text is kept in ${rejected}.`;
  };
  await files.makeDirectory(draft.slice(0, draft.lastIndexOf("/")));
  await files.writeAtomic(draft, before);
  for (;;) {
    const code = await processes.runOnTerminal(editor, [draft]);
    if (code !== 0) {
      const hint = `${await keep()} ${variable ?? "EDITOR"} names the program that edits.`;
      throw failure("editor-failed", `${editor} ended with ${code ?? "a signal"}: the ${what} stay as they were`, hint);
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
      if (!signal.aborted && !(error instanceof UserError)) throw error;
      if (error instanceof UserError && error.code === "settings-invalid") {
        ui.say(error.message);
        // Ctrl-C is an answer, too.
        if ((await ui.confirm("Edit it again?", signal).catch(() => false)) === true) continue;
      }
      if (signal.aborted) ui.say(await keep());
      if (signal.aborted || !(error instanceof UserError)) throw error;
      const { code: errorCode, message, exitCode } = error;
      throw UserError.of({ code: errorCode, message, hint: await keep() }, { exitCode, cause: error });
    }
  }
}

function failure(code: ErrorCode, message: string, hint: string): UserError {
  return new UserError(message, { code, hint, exitCode: exitCodes.usage });
}
