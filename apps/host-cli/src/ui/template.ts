import { UserError, usageError } from "../errors.ts";

/**
 * `{{.Name}}` of a record, as Docker's `--format` has it: fields of its JSON by their path, whatever the case of their first letter;
 * `{{json .}}` and `{{json .Field}}` as JSON; `\t` and `\n`. Throws UserError `usage` for what is none of these.
 */
export function renderTemplate(template: string, record: object): string {
  return template
    .replaceAll(String.raw`\t`, "\t")
    .replaceAll(String.raw`\n`, "\n")
    .replace(/\{\{([^}]*)\}\}/g, (whole, expression: string) => {
      const [, json, path] = /^\s*(json\s+)?(\.[\w.]*)\s*$/.exec(expression) ?? [];
      if (path === undefined) throw unknown(whole, "{{.Field}}, {{json .Field}} and {{json .}} are understood");
      const value = path === "." ? record : pick(record, path.slice(1).split("."), whole);
      if (value === undefined || value === null) return "";
      return json === undefined && typeof value === "string" ? value : JSON.stringify(value);
    });
}

function pick(record: object, [first = "", ...rest]: readonly string[], whole: string): unknown {
  const fields: Readonly<Record<string, unknown>> = { ...record };
  const name = [first, `${first.charAt(0).toLowerCase()}${first.slice(1)}`].find((key) => Object.hasOwn(fields, key));
  if (name === undefined) throw unknown(whole, `there are ${Object.keys(fields).join(", ")}`);
  const value = fields[name];
  if (rest.length === 0) return value;
  return typeof value === "object" && value !== null ? pick(value, rest, whole) : undefined;
}

function unknown(whole: string, hint: string): UserError {
  return usageError(`--format: ${whole} is no field`, `Of fields ${hint}.`);
}
