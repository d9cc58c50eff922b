import { describe, expect, it, vi } from "vitest";
import { walletsOn } from ".";

const TAPROOT = "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr";
const SEGWIT = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
const OLD = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2";

function only(page: object) {
  const [wallet] = walletsOn(page, "mainnet");
  if (!wallet) throw new Error("no wallet was found");
  return wallet;
}

it("finds only what is there", () => {
  expect(walletsOn({}, "mainnet")).toEqual([]);
  expect(walletsOn({ unisat: {}, LeatherProvider: 7, XverseProviders: {} }, "mainnet")).toEqual([]);
});

describe("UniSat", () => {
  it("signs new addresses after BIP-322 and old ones the old way", async () => {
    const signMessage = vi.fn(async () => "c2ln");
    const wallet = only({ unisat: { requestAccounts: async () => [SEGWIT, OLD], signMessage } });
    const [segwit, old] = await wallet.accounts();
    expect(await segwit?.sign("hello")).toBe("c2ln");
    expect(signMessage).toHaveBeenLastCalledWith("hello", "bip322-simple");
    await old?.sign("hello");
    expect(signMessage).toHaveBeenLastCalledWith("hello", "ecdsa");
  });

  it("says a no in words", async () => {
    const requestAccounts = () => Promise.reject({ code: 4001, message: "User rejected" });
    const wallet = only({ unisat: { requestAccounts } });
    await expect(wallet.accounts()).rejects.toThrow("declined in the wallet");
  });

  it("asks for an account where there is none", async () => {
    const wallet = only({ unisat: { requestAccounts: async () => [] } });
    await expect(wallet.accounts()).rejects.toThrow("UniSat showed no Bitcoin address");
  });
});

describe("Xverse", () => {
  const addresses = [
    { address: SEGWIT, purpose: "payment" },
    { address: TAPROOT, purpose: "ordinals" },
    { address: "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7", purpose: "stacks" },
  ];

  function page(request: (method: string, params?: unknown) => Promise<unknown>) {
    return { XverseProviders: { BitcoinProvider: { request } } };
  }

  it("offers both Bitcoin addresses and signs with the one that is chosen", async () => {
    const request = vi.fn(async (method: string) =>
      method === "wallet_connect"
        ? { result: { addresses } }
        : { result: { signature: "c2ln", address: TAPROOT } },
    );
    const accounts = await only(page(request)).accounts();
    expect(accounts.map(({ address, use }) => [address, use])).toEqual([
      [SEGWIT, "payment"],
      [TAPROOT, "ordinals"],
    ]);
    expect(await accounts[1]?.sign("hello")).toBe("c2ln");
    const wish = { address: TAPROOT, message: "hello" };
    expect(request).toHaveBeenLastCalledWith("signMessage", wish);
  });

  it("falls back to the older method where the newer is not known", async () => {
    const request = vi.fn(async (method: string) =>
      method === "wallet_connect"
        ? { error: { code: -32601, message: "Method not found" } }
        : { result: addresses },
    );
    expect(await only(page(request)).accounts()).toHaveLength(2);
    expect(request.mock.calls.map(([method]) => method)).toEqual(["wallet_connect", "getAccounts"]);
  });

  it("does not ask a second time after a no", async () => {
    const request = vi.fn(async () => ({ error: { code: -32000, message: "User rejected" } }));
    await expect(only(page(request)).accounts()).rejects.toThrow("declined in the wallet");
    expect(request).toHaveBeenCalledTimes(1);
  });
});

describe("Leather", () => {
  const addresses = [
    { symbol: "BTC", type: "p2wpkh", address: SEGWIT },
    { symbol: "BTC", type: "p2tr", address: TAPROOT },
    { symbol: "STX", address: "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7" },
  ];

  it("signs with the kind of the address and on the game's network", async () => {
    const request = vi.fn(async (method: string) =>
      method === "getAddresses" ? { result: { addresses } } : { result: { signature: "c2ln" } },
    );
    const [wallet] = walletsOn({ LeatherProvider: { request } }, "signet");
    const accounts = (await wallet?.accounts()) ?? [];
    expect(accounts.map(({ address }) => address)).toEqual([SEGWIT, TAPROOT]);
    expect(await accounts[1]?.sign("hello")).toBe("c2ln");
    const wish = { message: "hello", paymentType: "p2tr", network: "signet" };
    expect(request).toHaveBeenLastCalledWith("signMessage", wish);
  });

  it("passes on what the wallet says when it cannot", async () => {
    const request = () => Promise.reject({ error: { code: -32603, message: "Locked" } });
    const wallet = only({ LeatherProvider: { request } });
    await expect(wallet.accounts()).rejects.toThrow("It said: Locked");
  });

  it("does not take an empty answer for a signature", async () => {
    const request = async (method: string) =>
      method === "getAddresses" ? { result: { addresses } } : { result: {} };
    const [account] = await only({ LeatherProvider: { request } }).accounts();
    await expect(account?.sign("hello")).rejects.toThrow("no signature came back");
  });
});
