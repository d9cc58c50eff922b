import { describe, expect, it } from "vitest";
import { looksRight, tidy, wrongAddress } from "./address";

const BECH32 = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq";

describe("tidy", () => {
  it.each([
    [`  ${BECH32}\n`, BECH32],
    [`${BECH32}.kitchen`, BECH32],
    [`${BECH32}_kitchen`, BECH32],
    [`bitcoin:${BECH32}?amount=1`, BECH32],
    [BECH32.toUpperCase(), BECH32],
    ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"],
  ])("takes the address out of %j", (pasted, address) => {
    expect(tidy(pasted)).toBe(address);
  });
});

describe("looksRight", () => {
  it("knows the starts of each network", () => {
    expect(looksRight(BECH32, "mainnet")).toBe(true);
    expect(looksRight("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "mainnet")).toBe(true);
    expect(looksRight("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "mainnet")).toBe(true);
    expect(looksRight(BECH32, "regtest")).toBe(false);
    expect(looksRight("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "regtest")).toBe(true);
    expect(looksRight("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "signet")).toBe(true);
    expect(looksRight("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "mainnet")).toBe(false);
  });

  it("refuses what is no address at all", () => {
    for (const text of ["", "hello", "bc1", "bc1b0i", `${BECH32}${BECH32}${BECH32}`, "<script>"]) {
      expect(looksRight(text, "mainnet")).toBe(false);
    }
  });
});

describe("wrongAddress", () => {
  it("finds nothing wrong with what could be an address, until the server has", () => {
    expect(wrongAddress(BECH32, "mainnet")).toBeNull();
    expect(wrongAddress(BECH32, "mainnet", true)).toContain("missing, doubled or wrong");
  });

  it("says how addresses start to what starts otherwise", () => {
    for (const text of ["", "hello", "3 miners", "12345", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7k"]) {
      expect(wrongAddress(text, "mainnet")).toContain("bc1, 1 or 3");
    }
    expect(wrongAddress(BECH32, "signet")).toContain("tb1");
  });

  it("speaks of a letter where the start is right", () => {
    const long = `${BECH32}${BECH32}${BECH32}`;
    for (const text of ["bc1", long, BECH32.replace("q", "b"), "BC1qar0"]) {
      expect(wrongAddress(text, "mainnet")).toContain("missing, doubled or wrong");
    }
    expect(wrongAddress("1A1zP1eP5QGefi2DMPTf0L5SLmv7DivfNa", "mainnet")).toContain("doubled");
  });
});
