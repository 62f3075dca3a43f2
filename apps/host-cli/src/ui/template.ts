import { type UserError, usageError } from "../errors.ts";

/**
 * `{{.Name}}` of a record, as Docker's `--format` has it: fields of its JSON by their path, whatever their case; `{{json .}}` and
 * `{{json .Field}}` as JSON, and `json` alone; `\t` and `\n`. `others` are fields that are not in the JSON. Throws UserError `usage` for
 * what is none of these.
 */
export function renderTemplate(template: string, record: object, others: object = {}): string {
  const whole = template.trim() === "json" ? "{{json .}}" : template;
  const rendered = whole
    .replaceAll(String.raw`\t`, "\t")
    .replaceAll(String.raw`\n`, "\n")
    .replace(/\{\{([^}]*)\}\}/g, (field, expression: string) => {
      const [, json, path] = /^\s*(json\s+)?(\.[\w.]*)\s*$/.exec(expression) ?? [];
      if (path === undefined) throw unknown(field, "{{.Field}}, {{json .Field}} and {{json .}} are understood");
      const value = path === "." ? record : pick({ ...others, ...record }, path.slice(1).split("."), field);
      if (value === undefined || value === null) return "";
      return json === undefined && typeof value === "string" ? value : JSON.stringify(value);
    });
  if (!/\{\{[^}]*\}\}/.test(whole))
    throw usageError(`--format ${template}: there is no field in it`, "For example: {{.Name}}");
  return rendered;
}

/** Docker's `table {{.Name}}\t{{.State}}`: head and rows; undefined for another format. */
export function renderColumns(
  template: string,
  records: readonly object[],
  others: readonly object[],
): { head: string[]; rows: string[][] } | undefined {
  const [, whole] = /^table\s+(.+)$/s.exec(template) ?? [];
  if (whole === undefined) return undefined;
  const columns = whole.split(/\\t|\t/);
  const head = columns.map((column) => /\.(\w+)\s*\}\}/.exec(column)?.[1]?.toUpperCase() ?? "");
  const rows = records.map((record, index) => columns.map((column) => renderTemplate(column, record, others[index])));
  return { head, rows };
}

function pick(record: object, [first = "", ...rest]: readonly string[], whole: string): unknown {
  const fields: Readonly<Record<string, unknown>> = { ...record };
  const name = Object.keys(fields).find((key) => key.toLowerCase() === first.toLowerCase());
  if (name === undefined) throw unknown(whole, `there are ${Object.keys(fields).join(", ")}`);
  const value = fields[name];
  if (rest.length === 0) return value;
  return typeof value === "object" && value !== null ? pick(value, rest, whole) : undefined;
}

function unknown(field: string, hint: string): UserError {
  return usageError(`--format: ${field} is no field`, `Of fields ${hint}.`);
}
