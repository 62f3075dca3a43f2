import { usageError } from "../errors.ts";
import { parseAction } from "./action.ts";
import { editDefaults, editMachine, parseSettings, readDefaultsText, written } from "./edit-settings.ts";
import { type EffectiveSetting, effectiveDefaults, effectiveSettings } from "./effective-settings.ts";
import { namedMachine } from "./machines.ts";
import { type Context, jsonOption, verb } from "./verb.ts";

const actionNames = ["show", "edit", "schema"] as const;

export const config = verb({
  aliases: ["cfg"],
  summary: "print or edit the settings of a machine, or those of machines to come",
  details:
    "show prints what the machine's file says, as JSON that a defaults file takes, too, without the ports. With --effective it prints all settings, those that nobody gave too, and who gave each. " +
    "edit opens them in $VISUAL or $EDITOR; what can't be used is said, and the machine stays as it is until it can. schema prints " +
    "the JSON schema of the file. With --defaults all of it is about the user's defaults, of which new machines are made. What docker-machine called so is `boot2docker env --docker-flags`.",
  examples: [
    "boot2docker config",
    "boot2docker config --effective work",
    "boot2docker config edit",
    "boot2docker config edit --defaults",
  ],
  operands: [
    { name: "ACTION", summary: `${actionNames.join(", ")}; show when not given`, choices: actionNames },
    { name: "NAME", summary: "the machine" },
  ],
  options: {
    effective: { flags: "--effective", summary: "every setting, and where it comes from" },
    defaults: { flags: "--defaults", summary: "the user's defaults, in place of a machine" },
    ...jsonOption,
  },
  async run(context, { operands, options, isAfterDashes }) {
    const { action, names } = await parseOperands(context, operands, isAfterDashes);
    const isDefaults = options.defaults === true;
    if (isDefaults && names.length > 0)
      throw usageError(
        `config --defaults ${names.join(" ")}: the defaults are of no machine`,
        "See: boot2docker help config",
      );
    if (options.effective && action !== "show")
      throw usageError(`config ${action} --effective: it is of show alone`, "See: boot2docker help config");
    switch (action) {
      case "schema": {
        const { settingsSchema } = await import("../settings-schema.ts");
        context.ui.result(JSON.stringify(settingsSchema(isDefaults ? "defaults" : "machine"), undefined, 2));
        return;
      }
      case "edit":
        await (isDefaults ? editDefaults(context) : editMachine(context, names));
        return;
      case "show":
        if (options.effective === true)
          show(
            context,
            isDefaults ? await effectiveDefaults(context) : await effectiveSettings(context, names),
            options.json === true,
          );
        else {
          const text = isDefaults ? await readDefaultsText(context) : await readMachineText(context, names);
          if (options.json === true) context.ui.json({ settings: await parseSettings(context.host, text) });
          else context.ui.raw(text);
        }
    }
  },
});

async function parseOperands(
  { host }: Context,
  operands: readonly string[],
  isAfterDashes: boolean,
): Promise<{ action: (typeof actionNames)[number]; names: readonly string[] }> {
  const choice = { actions: actionNames, usual: "show" } as const;
  const { action, rest: names } = isAfterDashes
    ? { action: choice.usual, rest: operands }
    : await parseAction(host, "config", operands, choice);
  if (names.length > 1)
    throw usageError(`config -- ${operands.join(" ")}: expected one machine`, "See: boot2docker help config");
  if (names.length > 0 && action === "schema")
    throw usageError(`config ${operands.join(" ")}: the schema is that of all`, "See: boot2docker help config");
  return { action, names };
}

async function readMachineText(context: Context, names: readonly string[]): Promise<string> {
  const [{ renderDocument, userSettings }, machine] = await Promise.all([
    import("../machine-dir/config-file.ts"),
    namedMachine(context, names),
  ]);
  return renderDocument(userSettings(await machine.readConfig()));
}

function show({ ui }: Context, rows: readonly EffectiveSetting[], isJson: boolean): void {
  if (isJson) ui.json({ settings: rows });
  else
    ui.table(
      ["KEY", "VALUE", "FROM"],
      rows.map(({ key, value, from, running }) => [
        key,
        `${written(key, value)}${running === undefined ? "" : ` (${running} until it starts again)`}`,
        from,
      ]),
    );
}
