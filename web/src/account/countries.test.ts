import { expect, it } from "vitest";
import { countries, countryName } from "./countries";

it("names every country there is, once, in the order one looks for it", () => {
  const all = countries();
  expect(all).toHaveLength(249);
  expect(new Set(all.map(({ code }) => code)).size).toBe(249);
  expect(all.filter(({ code, name }) => code === name)).toEqual([]);
  expect(all[0]).toEqual({ code: "AF", name: "Afghanistan" });
  expect(countryName("CH")).toBe("Switzerland");
  expect(countryName("not a code")).toBe("not a code");
});
