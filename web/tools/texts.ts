/**
 * Each module brings the messages that it words, compiled from the catalogue. So a page fetches its
 * own texts, not those of all the others. Which messages are whose is in the catalogue ("#: src/…").
 */
import { relative } from "node:path";
import { createCompiledCatalog, createCompilationErrorMessage, getCatalogs } from "@lingui/cli/api";
import { getConfig } from "@lingui/conf";
import type { Plugin } from "vite";

const SOURCE = "en";
const MARK = "texts:";

type Texts = Record<string, string>;

/** The messages of every module, by the path that the catalogue calls it; fails if one has no text. */
async function textsOfModules(): Promise<Map<string, Texts>> {
  const found = new Map<string, Texts>();
  for (const catalog of await getCatalogs(getConfig())) {
    const entries = (await catalog.read(SOURCE)) ?? {};
    for (const [id, { message = id, translation = "", origin = [] }] of Object.entries(entries)) {
      if (!translation) throw new Error(`the catalogue has no text for "${message}": write one`);
      for (const [module] of origin) {
        found.set(module, { ...found.get(module), [id]: translation });
      }
    }
  }
  return found;
}

export function texts(): Plugin {
  let root = "";
  let modules: Promise<Map<string, Texts>> | undefined;
  return {
    name: "texts",
    enforce: "pre",
    configResolved(config) {
      root = config.root;
    },
    watchChange(id) {
      if (id.endsWith(".po")) modules = undefined;
    },
    transform: {
      filter: { id: /\/src\/.*\.tsx?$/, code: /"@lingui\/\w+\/macro"/ },
      // Behind the last line, so that all others keep their numbers.
      handler: (code, id) => ({
        code: `${code}\nimport ${JSON.stringify(MARK + relative(root, id))};`,
        map: null,
      }),
    },
    resolveId: { filter: { id: /^texts:/ }, handler: (id) => `\0${id}` },
    load: {
      filter: { id: /^\0texts:/ },
      async handler(id) {
        modules ??= textsOfModules();
        const own = (await modules).get(id.slice(MARK.length + 1)) ?? {};
        const { source, errors } = createCompiledCatalog(SOURCE, own, { namespace: "es" });
        if (errors.length > 0) this.error(createCompilationErrorMessage(SOURCE, errors));
        return `import { texts } from "/src/messages/texts.ts";\n${source}\nObject.assign(texts, messages);`;
      },
    },
  };
}
