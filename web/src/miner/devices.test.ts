import { describe, expect, it } from "vitest";
import { commandFor, DEVICES, fieldsOf, placeOf } from "./devices";

const URL = "stratum+tcp://pool.example:3333";
const USER = "bc1qexample.kitchen";

describe("placeOf", () => {
  it("takes host and port apart", () => {
    expect(placeOf(URL)).toEqual({ host: "pool.example", port: "3333", url: URL });
    expect(placeOf("stratum+tcp://[fd00::20]:3333")?.host).toBe("[fd00::20]");
  });

  it("is null when the pool does not say", () => {
    expect(placeOf(null)).toBeNull();
    expect(placeOf(undefined)).toBeNull();
  });
});

describe("fieldsOf", () => {
  const place = placeOf(URL);

  it("gives devices with two fields the host without scheme and port", () => {
    for (const device of ["bitaxe", "nerdqaxe"] as const) {
      const values = fieldsOf(device, place, USER).map(({ value }) => value);
      expect(values).toEqual(["pool.example", "3333", USER, "x"]);
    }
  });

  it("gives any other miner the whole address, and a command", () => {
    const values = fieldsOf("other", place, USER).map(({ value }) => value);
    expect(values).toEqual([URL, USER, "x"]);
    expect(place && commandFor(place, USER)).toBe(`cgminer -o ${URL} -u ${USER} -p x`);
  });

  it("leaves out the pool where nobody knows it", () => {
    for (const device of DEVICES) {
      expect(fieldsOf(device, null, USER).map(({ what }) => what)).toEqual(["user", "password"]);
    }
  });
});
