/** Of all that this command prints as JSON. docs/json.md has an example of each. */
const formatVersion = 1;

export function renderJson(value: object, indent?: number): string {
  return JSON.stringify({ formatVersion, ...value }, undefined, indent);
}
