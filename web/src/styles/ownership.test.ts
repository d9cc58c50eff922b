/** No page depends on another page's stylesheet: what a stylesheet may name, and who imports it. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const SRC = resolve(import.meta.dirname, "..");
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).map((name) => join(SRC, name));
const read = (file: string) => readFileSync(file, "utf8");

interface Sheet {
  name: string;
  /** Loaded before every page, so that it is the same on each. */
  shared: boolean;
  selectors: string[];
}

function classesOf(selector: string): string[] {
  return [...selector.matchAll(/\.([a-zA-Z][\w-]*)/g)].map((found) => found[1] ?? "");
}

const start = read(join(SRC, "start.ts"));

const sheets: Sheet[] = files
  .filter((file) => file.endsWith(".css"))
  .map((file) => {
    const text = read(file).replace(/\/\*[\s\S]*?\*\//g, "");
    const preludes = [...text.matchAll(/([^{};]+)\{/g)].map((found) => (found[1] ?? "").trim());
    return {
      name: relative(SRC, file),
      shared: start.includes(`"./${relative(SRC, file)}"`) || text.startsWith("@layer art"),
      selectors: preludes
        .filter((prelude) => prelude !== "" && !/^(@|from$|to$|\d)/.test(prelude))
        .flatMap((prelude) => prelude.split(/,(?![^(]*\))/)),
    };
  });

/** The classes that only this stylesheet names. */
function own(sheet: Sheet): Set<string> {
  const others = sheets.filter((one) => one !== sheet);
  const taken = new Set(others.flatMap((one) => one.selectors.flatMap(classesOf)));
  return new Set(sheet.selectors.flatMap(classesOf).filter((name) => !taken.has(name)));
}

/** The words in the `className`s of a component. */
function used(text: string): Set<string> {
  const given = [...text.matchAll(/className=(?:"([^"]*)"|\{((?:[^{}]|\{[^{}]*\})*)\})/g)];
  const texts = given.flatMap(([, plain, code = ""]) => [
    plain ?? "",
    ...[...code.matchAll(/"([^"]*)"/g)].map((part) => part[1] ?? ""),
    ...[...code.matchAll(/`([^`]*)`/g)].map((part) => (part[1] ?? "").replace(/\$\{[^}]*\}/g, "")),
  ]);
  return new Set(texts.flatMap((part) => part.split(/\s+/)));
}

const areas = sheets.filter((sheet) => !sheet.shared);

describe.each(areas.map((sheet) => [sheet.name, sheet] as const))("%s", (_, sheet) => {
  const ours = own(sheet);

  test("styles only what has a class of its own", () => {
    const foreign = sheet.selectors.filter(
      (selector) => !classesOf(selector).some((name) => ours.has(name)),
    );
    expect(foreign).toEqual([]);
  });

  test("lies below the styles of pages if it is a part of the kit", () => {
    const layered = read(join(SRC, sheet.name)).startsWith("@layer kit");
    expect(layered).toBe(sheet.name.startsWith("ui/"));
  });

  test("is imported by every component that uses its classes", () => {
    const forgetful = files
      .filter((file) => file.endsWith(".tsx") && !file.endsWith(".test.tsx"))
      .filter((file) => [...used(read(file))].some((name) => ours.has(name)))
      .filter((file) => {
        const imports = [...read(file).matchAll(/^import "(\.[^"]+\.css)";$/gm)];
        return !imports.some(
          ([, path]) => relative(SRC, resolve(file, "..", path ?? "")) === sheet.name,
        );
      });
    expect(forgetful.map((file) => relative(SRC, file))).toEqual([]);
  });
});
