// @ts-check
import tseslint from "typescript-eslint";

/** Effects come through a port (STYLE: `System` in the guest, `Host` on the host). */
const effects = (port) => ({
  "no-restricted-imports": [
    "error",
    { patterns: [{ group: ["node:*"], message: `Effects live behind ${port}; take one instead.` }] },
  ],
  "no-restricted-globals": ["error", "process", "setTimeout", "setInterval", "setImmediate", "fetch"],
  "no-restricted-properties": [
    "error",
    { object: "AbortSignal", property: "timeout", message: "Deadlines come from the port." },
    { object: "Date", property: "now", message: "Time comes from the port." },
  ],
});

/** Layers of an app, upper first: a file may import from its own layer and from those below. */
const layers = (app, order) =>
  order.slice(1).map((layer, index) => ({
    files: [layer].flat().map((path) => `apps/${app}/src/${path}`),
    ignores: ["**/*.test.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `/(${order
                .slice(0, index + 1)
                .flat()
                .map((path) => path.replace(/\/\*\*$/, "/").replace(/\./g, "\\."))
                .join("|")})`,
              message: "Imports go one way (ARCHITECTURE.md).",
            },
          ],
        },
      ],
    },
  }));

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/.turbo/**"] },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/strict-void-return": "error",
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // A table of handlers is async whether or not a row awaits.
      "@typescript-eslint/require-await": "off",
      // `noPropertyAccessFromIndexSignature` asks for the brackets that this rule forbids.
      "@typescript-eslint/dot-notation": "off",
      // A callback's unused result is what most of them have.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "Named exports only." },
        { selector: "Program > VariableDeclaration[kind='let']", message: "No mutable state in a module." },
      ],
    },
  },
  { files: ["packages/protocol/src/**"], rules: effects("the Channel and the Clock") },
  { files: ["apps/guest-init/src/**"], rules: effects("System") },
  { files: ["apps/host-cli/src/**"], rules: effects("Host") },
  {
    // The adapters, and tests: the list may only shrink.
    files: [
      "**/*.test.ts",
      "**/testing/**",
      "packages/protocol/src/testing.ts",
      "apps/guest-init/src/{main,system,serial-port,log}.ts",
      "apps/guest-init/src/system/**",
      "apps/host-cli/src/{launch,main}.ts",
      "apps/host-cli/src/host/**",
      "apps/host-cli/src/ssh/**",
    ],
    rules: { "no-restricted-imports": "off", "no-restricted-globals": "off", "no-restricted-properties": "off" },
  },
  ...layers("host-cli", [
    ["main.ts", "cli.ts", "run.ts"],
    "commands/**",
    "machine/**",
    "agent/**",
    ["driver/**", "image/**", "tls/**", "docker-context/**", "autostart/**"],
    "machine-dir/**",
    "host/**",
  ]),
  ...layers("guest-init", [
    ["main.ts"],
    "guest.ts",
    ["plan.ts", "tasks.ts", "sequence.ts"],
    "supervisor.ts",
    "system/**",
  ]),
  { files: ["**/*.js", "**/*.mjs"], extends: [tseslint.configs.disableTypeChecked] },
  // Tools that want a default export, and test files, whose fixtures are the module's.
  {
    files: ["eslint.config.js", "**/vitest*.config.ts", "**/*.test.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
);
