import js from "@eslint/js";
import lingui from "eslint-plugin-lingui";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** What a reader never sees: attributes, keys and calls whose text is for programs. */
const FOR_PROGRAMS = {
  // One lower-case word, a path, a key of storage, a format; more words are a text.
  ignore: [
    "^[^A-Za-z]*$", "^[a-z0-9_./:#?=&$,-]+$", "^[A-Z0-9_]+$", "^[a-z]+[A-Za-z]*$", "^\\S+/\\S*$",
    "^#[0-9A-F]{6}$", "^[MLAZ][-MLAVHCSQZ0-9. ]*$", "^(translate|calc|cubic-bezier|var)\\(", "^T[0-9:]+Z$",
    "^__Host-", "SameSite=|Max-Age=|^; Secure$", "^xM",
  ],
  ignoreNames: [
    { regex: { pattern: "^(class|className|style|key|id|d|to|from|href|rel|src|transform|viewBox|points)$" } },
    { regex: { pattern: "^(data-|stroke|fill|font)" } },
    { regex: { pattern: "(Class|class|ClassName)$" } },
    "method", "path", "queryKey", "mutationKey", "media", "sizes", "autoComplete", "pattern",
    "displayName", "rootMargin", "Component", "component", "CODES", "HEADER", "LOCALE", "PHONE",
  ],
  ignoreFunctions: [
    "*.getItem", "*.setItem", "*.removeItem", "*.addEventListener", "*.removeEventListener",
    "*.querySelector", "*.querySelectorAll", "*.closest", "*.matches", "*.matchMedia", "matchMedia",
    "useMedia", "*.postMessage", "*.createElement", "*.setAttribute", "*.set", "*.append", "*.get",
    "*.GET", "*.POST", "*.PUT", "*.PATCH", "*.DELETE", "Error", "TypeError", "*.includes", "*.startsWith",
    "*.endsWith", "*.split", "*.join", "*.match", "*.replace", "*.replaceAll", "lazyRouteComponent",
    "import", "RegExp", "*.getContext", "*.has", "useParams", "useSearch", "*.request", "*.indexOf",
    "*.toLocaleString", "*.toLocaleDateString", "*.toLocaleTimeString", "Intl.*",
  ],
  useTsTypes: true,
};

export default tseslint.config(
  { ignores: ["dist", "**/node_modules", "test-results", "src/api/schema.d.ts"] },
  js.configs.recommended,
  tseslint.configs.strict,
  hooks.configs.flat["recommended-latest"],
  lingui.configs["flat/recommended"],
  { rules: { eqeqeq: "error", "no-console": "error" } },
  {
    files: ["src/**/*.{ts,tsx}"],
    // Names of products are the same in every language; drawings are numbers, letters and colours.
    ignores: [
      "**/*.test.*", "**/*.d.ts", "src/router.tsx", "src/miner/device.ts", "src/art/drawings/**",
      "src/gallery/**",
      "src/art/{glaze,Icon,motifs,palettes,shapes,StoveWall}.{ts,tsx}",
    ],
    languageOptions: { parserOptions: { projectService: true } },
    rules: { "lingui/no-unlocalized-strings": ["error", FOR_PROGRAMS] },
  },
);
