/** A catalogue has every message, and a translation says what its message says: the same values, tags and plural forms. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileMessage } from "@lingui/message-utils/compileMessage";
import { describe, expect, it } from "vitest";

type Part = string | [name: string, kind?: string, forms?: Record<string, unknown>];

/** What a message holds besides words: `{name}`, `<0>` and the forms that a value chooses from. */
function partsOf(message: string, locale: string): string[] {
  const rules = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
  const found: string[] = [];
  const walk = (parts: Part[]) => {
    for (const part of parts) {
      if (typeof part === "string") {
        found.push(...(part.match(/<\/?\d+\/?>/g) ?? []));
        continue;
      }
      const [name, kind, forms = {}] = part;
      if (name === "#") continue;
      found.push(kind ? `{${name}, ${kind}}` : `{${name}}`);
      const missing = kind === "plural" ? rules.filter((rule) => !(rule in forms)) : [];
      // English words such as "online" have one form; another language may not have one for it.
      const wordless = locale === "en" && missing.length === rules.length - 1;
      if (missing.length > 0 && !wordless) found.push(`without ${missing.join(", ")}`);
      for (const form of Object.values(forms)) if (Array.isArray(form)) walk(form as Part[]);
    }
  };
  const compiled = compileMessage(message) as Part[] | string;
  walk(typeof compiled === "string" ? [compiled] : compiled);
  return [...new Set(found)].sort();
}

/** The messages of a catalogue and their translations: pairs of msgid and msgstr. */
function entriesOf(po: string): [string, string][] {
  const entry = /^msgid ((?:".*"\n?)+)msgstr ((?:".*"\n?)+)/gm;
  const text = (lines: string) =>
    lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as string)
      .join("");
  return [...po.matchAll(entry)]
    .map(([, id = "", str = ""]): [string, string] => [text(id), text(str)])
    .filter(([id]) => id !== "");
}

describe("a translation", () => {
  it.each([
    ["{n} of {of}", "{n} z {off}"],
    ["by <0/>", "przez <1/>"],
    ["<0>Two</0> words", "<0>Dwa słowa"],
    ["{n, plural, one {# share} other {# shares}}", "{n} udziałów"],
    ["{n, plural, one {#} other {#}}", "{n, plural, one {#} other {#}}"],
  ])("that does not hold what %j holds is noticed", (message, translation) => {
    expect(partsOf(translation, "pl")).not.toEqual(partsOf(message, "en"));
  });

  it("in other words and another order is fine", () => {
    expect(partsOf("Z {of} jest <0>{n}</0>", "pl")).toEqual(
      partsOf("<0>{n}</0> of {of} are there", "en"),
    );
  });
});

const FOLDER = join(import.meta.dirname, "locales");

/** Every module that words messages; the extractor skips a folder without a word. */
const modules = Object.entries(
  import.meta.glob<string>("../**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true }),
).filter(([path, code]) => /\/macro"/.test(code) && !path.includes(".test."));

it("is there for the messages of every module", () => {
  const po = readFileSync(join(FOLDER, "en.po"), "utf8");
  const missing = modules
    .map(([path]) => path.replace(/^\.\.\//, "src/").replace(/^\.\//, "src/messages/"))
    .filter((path) => !po.includes(`#: ${path}\n`));
  expect(modules.length).toBeGreaterThan(40);
  expect(missing).toEqual([]);
});

describe.each(readdirSync(FOLDER).filter((name) => name.endsWith(".po")))("%s", (name) => {
  const entries = entriesOf(readFileSync(join(FOLDER, name), "utf8"));

  it("has messages, and each holds what the English one holds", () => {
    expect(entries.length).toBeGreaterThan(300);
    const wrong = entries.filter(
      ([id, str]) => String(partsOf(str, name.slice(0, -3))) !== String(partsOf(id, "en")),
    );
    expect(wrong).toEqual([]);
  });
});
