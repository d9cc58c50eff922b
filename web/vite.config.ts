import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { lingui } from "@lingui/vite-plugin";
import preact from "@preact/preset-vite";
import { defineConfig, type Plugin } from "vite";
import { texts } from "./tools/texts.ts";

const SERVER = "http://127.0.0.1:8000";

/** The script sets the theme; nothing is painted in the wrong one before it has run. */
const paintAfterScript: Plugin = {
  name: "paint-after-script",
  transformIndexHtml: {
    order: "post",
    handler: (html) => html.replace('<script type="module"', '$& blocking="render"'),
  },
};

/** The two fonts of every page are asked for with the page, not after its styles have come. */
const preloadFonts: Plugin = {
  name: "preload-fonts",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { bundle = {} }) =>
      Object.keys(bundle)
        .filter((name) => /(podkova|hyperlegible-next)-text-.*\.woff2$/.test(name))
        .map((name) => ({
          tag: "link",
          attrs: { rel: "preload", as: "font", type: "font/woff2", href: `/${name}`, crossorigin: "" },
          injectTo: "head",
        })),
  },
};

/** The pages that most visits begin with, by the first part of their path. */
const FIRST_PAGES = { "": "landing/LandingPage.tsx", m: "miner/MinerPage.tsx" };

/**
 * What these pages fetch besides what every page does, in `first.json`: the server names it in the
 * page's head, so that it is fetched with the app and not after it.
 */
const firstPages: Plugin = {
  name: "first-pages",
  // Not for the tools, which are built for Node and have no pages.
  apply: (_config, { command, isSsrBuild }) => command === "build" && !isSsrBuild,
  generateBundle: {
    order: "post",
    handler(_options, bundle) {
      const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
      const needs = (name: string, known = new Set<string>()): Set<string> => {
        const chunk = chunks.find((one) => one.fileName === name);
        if (!chunk || known.has(name)) return known;
        known.add(name);
        for (const css of chunk.viteMetadata?.importedCss ?? []) known.add(css);
        for (const other of chunk.imports) needs(other, known);
        return known;
      };
      const app = needs(chunks.find((one) => one.isEntry)?.fileName ?? "");
      const first = Object.entries(FIRST_PAGES).map(([part, module]) => {
        const page = chunks.find((one) => one.facadeModuleId?.endsWith(`/src/${module}`));
        if (!page) return this.error(`${module} is no page of its own`);
        return [part, [...needs(page.fileName)].filter((name) => !app.has(name))];
      });
      const source = JSON.stringify(Object.fromEntries(first));
      this.emitFile({ type: "asset", fileName: "first.json", source });
    },
  },
};

/** The gallery is for those who build pages; its address answers 404 to everybody else. */
const noGallery: Plugin = {
  name: "no-gallery",
  apply: "build",
  generateBundle(_options, bundle) {
    const built = Object.values(bundle).flatMap((one) => (one.type === "chunk" ? one.moduleIds : []));
    if (built.some((id) => id.includes("/src/gallery/"))) {
      this.error("src/gallery is in the build: import it under import.meta.env.DEV only");
    }
  },
};

/** Not the page itself: the server puts a head of its own into it for each path. */
const COMPRESSIBLE = /\.(css|js|svg)$/;

/** Compressed once, here, as well as can be: the server only picks what a browser takes. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  writeBundle: {
    order: "post",
    handler: ({ dir = "" }, bundle) => {
      for (const name of Object.keys(bundle).filter((one) => COMPRESSIBLE.test(one))) {
        const file = join(dir, name);
        const plain = readFileSync(file);
        for (const [suffix, packed] of [
          [".br", brotliCompressSync(plain)],
          [".gz", gzipSync(plain, { level: 9 })],
        ] as const) {
          if (packed.length < plain.length) writeFileSync(file + suffix, packed);
        }
      }
    },
  },
};

export default defineConfig({
  plugins: [
    preact(),
    texts(),
    lingui({ macroTransform: true }),
    paintAfterScript,
    preloadFonts,
    firstPages,
    noGallery,
    compressed,
  ],
  build: {
    // Nothing is inlined: the pages are served under a Content-Security-Policy that allows 'self' only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Of others' code, what every page needs: it stays the same while the app changes.
            {
              name: "libraries",
              test: /\/node_modules\/(preact|@tanstack|@lingui|openapi-fetch)\/|vite\/preload-helper/,
              priority: 3,
            },
            // Small parts of several pages, in one request instead of one for each of them.
            {
              name: "parts",
              test: /\/src\/(address|theme|api\/bounds|badges\/(?!Badge(s?)Page)|shell\/shell\.css|ui\/(Empty|FeedList|ShareButton|days|hooks|share\.css)|landing\/hang|account\/(asked|firstSteps|countries|handle))/,
              minShareCount: 2,
              priority: 2,
            },
            // What a miner's page and the pages about one's own rewards draw and work out alike.
            {
              name: "figures",
              test: /\/src\/(ui\/(Chart\.|chart\.|series|Table|table\.)|miner\/(ahead|year|WeekTable|week-table))/,
              minShareCount: 2,
              priority: 1,
            },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": SERVER,
      "/health": SERVER,
      "/manifest.webmanifest": SERVER,
      "/version": SERVER,
      "/ws": { target: SERVER, ws: true },
    },
  },
});
