import { defaultsNames } from "./settings-document.ts";
import { type Domain, settings, type SettingName, settingNames } from "./settings.ts";
import { sizePattern } from "./size.ts";

/** JSON Schema (draft 2020-12) of a machine's file, or of the user's defaults: for editors. */
export function settingsSchema(file: "machine" | "defaults"): object {
  const isMachine = file === "machine";
  const names = isMachine ? settingNames : defaultsNames;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: isMachine ? "Settings of a boot2docker machine" : "What boot2docker makes new machines of",
    type: "object",
    properties: {
      $schema: { type: "string" },
      ...(isMachine ? ownProperties : {}),
      ...Object.fromEntries(names.map((name) => [name, property(name)])),
      folders: {
        description: "folders of this host that the machine has at the same path; :ro or :watch behind one",
        type: "array",
        items: { type: "string", pattern: "^(/|~(/|:|$))" },
      },
      engine: {
        description: "what is wanted of the engine",
        type: "object",
        properties: {
          daemon: { description: "keys of Docker's daemon.json", type: "object" },
          env: { description: "variables of dockerd", type: "object", additionalProperties: { type: "string" } },
        },
        additionalProperties: false,
      },
    },
    ...(isMachine ? { required: ["formatVersion", "cpus", "memory", "diskSize", "dockerPort", "sshPort"] } : {}),
    additionalProperties: false,
  };
}

const port = { type: "integer", minimum: 1024, maximum: 65_535 };
const ownProperties = {
  formatVersion: { const: 1 },
  dynamicPorts: {
    description: "ports that the engine hands out by itself",
    type: "object",
    properties: { first: port, last: port },
    required: ["first", "last"],
  },
};

function property(name: SettingName): object {
  const { summary, domain } = settings[name];
  return { description: summary, ...typeOf(domain) };
}

function typeOf(domain: Domain): object {
  switch (domain.kind) {
    case "count":
      return { type: "integer", minimum: domain.least, maximum: domain.most };
    case "size":
      return { type: ["string", "integer"], pattern: sizePattern.source };
    case "choice":
      return { enum: domain.choices };
  }
}
