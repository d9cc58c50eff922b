/** The small fonts have every character that the app's texts are written with. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");

/** The characters of each face that fonts.css declares, as [first, last]. */
function ranges(): [number, number][][] {
  return [...read("fonts.css").matchAll(/unicode-range:([^;]+);/g)].map(([, list = ""]) =>
    [...list.matchAll(/U\+([0-9A-F]+)(?:-([0-9A-F]+))?/g)].map(([, from = "", to = from]) => [
      parseInt(from, 16),
      parseInt(to, 16),
    ]),
  );
}

const modules = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/*.test.*", "!../gallery/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});

it("declares the same characters for each font", () => {
  const [first, ...others] = ranges();
  expect(others).toEqual([first, first]);
});

it("has what the catalogue and the modules are written with", () => {
  const small = ranges()[0] ?? [];
  const has = (code: number) => small.some(([from, to]) => from <= code && code <= to);
  const words = [read("../messages/locales/en.po"), ...Object.values(modules)].join("");
  const others = [...new Set(words)].filter((one) => one >= " " && !has(one.codePointAt(0) ?? 0));
  expect(others).toEqual([]);
});
