import { expect, it } from "vitest";
import { wayBack } from "./back";

it.each(["/settings/privacy", "/m/kitchen-axe?badge=diff_1e9#rewards", "/"])("leads to %s", (to) => {
  expect(wayBack(to)).toBe(to);
});

it.each([
  "https://elsewhere.example/",
  "//elsewhere.example",
  "/\\elsewhere.example",
  "/.//elsewhere.example",
  "/\t/elsewhere.example",
  "settings",
  "javascript:alert(1)",
  "/sign-in?back=/sign-in",
  "",
  7,
  undefined,
])("does not lead to %j", (to) => {
  expect(wayBack(to)).toBeNull();
});
