import { expect, test } from "vitest";
import { renderTemplate } from "./template.ts";

const record = { name: "work", state: "running", cpus: 2, guest: { lifecycle: { name: "ready" } }, url: undefined };

test.each([
  ["{{.Name}}", "work"],
  ["{{ .name }}:{{.cpus}}", "work:2"],
  [String.raw`{{.Name}}\t{{.State}}\n`, "work\trunning\n"],
  ["{{.Guest.Lifecycle.Name}}", "ready"],
  ["{{json .guest}}", '{"lifecycle":{"name":"ready"}}'],
  ["{{json .Name}}", '"work"'],
  ["{{.guest}}", '{"lifecycle":{"name":"ready"}}'],
  ["[{{.url}}{{.name.deeper}}]", "[]"],
  ["{{json .}}", '{"name":"work","state":"running","cpus":2,"guest":{"lifecycle":{"name":"ready"}}}'],
])("%s", (template, text) => {
  expect(renderTemplate(template, record)).toBe(text);
});

test.each(["{{.Driver}}", "{{if .Name}}x{{end}}", "{{}}"])("%s is told", (template) => {
  expect(() => renderTemplate(template, record)).toThrow(expect.objectContaining({ code: "usage", exitCode: 2 }));
});
