import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";

import svelteConfig from "./apps/responder/svelte.config.js";

/** Who may import whom (reference: docs/style.md): apps -> browser, ui, state, protocol; browser -> ui, state, protocol; ui -> state; state -> protocol. */
const mayImport = {
  "packages/protocol/src": [],
  "packages/state/src": ["protocol"],
  "packages/ui/src": ["state"],
  "packages/browser/src": ["protocol", "state", "ui"],
  "apps/responder/src": ["protocol", "state", "ui", "browser"],
  "apps/console/src": ["protocol", "state", "ui", "browser"],
};
const ALL = ["protocol", "state", "ui", "browser", "responder", "console", "testing"];

const edges = Object.entries(mayImport).map(([folder, allowed]) => {
  const own = folder.split("/")[1];
  const others = ALL.filter((name) => name !== own && !allowed.includes(name));
  return {
    files: [`${folder}/**/*.{ts,svelte}`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: others.map((name) => `@crosspatch/${name}/*`), message: `${folder} may not import this package.` },
            { group: ["../../*/src/*", "**/packages/**"], message: "Import packages by name, not by path." },
          ],
        },
      ],
    },
  };
});

/** Below the apps there is no browser: time, chance, network and document come in through ports. */
const sansBrowser = {
  files: ["packages/{protocol,state}/src/**/*.ts"],
  rules: {
    "no-restricted-globals": [
      "error",
      ...["window", "document", "navigator", "location", "setTimeout", "setInterval", "fetch", "WebSocket", "Date"].map(
        (name) => ({ name, message: "Take it through a port: the view models run in virtual time." }),
      ),
    ],
    "no-restricted-properties": ["error", { object: "Math", property: "random", message: "Chance is an argument (Random)." }],
  },
};

export default ts.config(
  { ignores: ["**/node_modules/**", "**/dist/**", "packages/protocol/src/wire.ts"] },
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js", "vitest.config.ts", "apps/*/*.js", "apps/*/vite.config.ts", "scripts/*.mjs"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "max-lines": ["error", { max: 400, skipBlankLines: false }],
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
      eqeqeq: ["error", "always", { null: "ignore" }],
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { extraFileExtensions: [".svelte"], parser: ts.parser, svelteConfig },
    },
    rules: {
      // A component's file is its markup and style too; its script is held short by review.
      "max-lines-per-function": "off",
    },
  },
  {
    files: ["**/test/**/*.ts"],
    rules: {
      "max-lines-per-function": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  { files: ["**/*.js", "**/*.mjs"], ...ts.configs.disableTypeChecked },
  ...edges,
  sansBrowser,
);
