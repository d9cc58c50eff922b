/** A light look at what someone pasted. The server has the last word on what an address is. */

import { t } from "@lingui/core/macro";

export type Network = "mainnet" | "testnet" | "signet" | "regtest";

const STARTS: Record<Network, { bech32: string; base58: string }> = {
  mainnet: { bech32: "bc1", base58: "13" },
  testnet: { bech32: "tb1", base58: "mn2" },
  signet: { bech32: "tb1", base58: "mn2" },
  regtest: { bech32: "bcrt1", base58: "mn2" },
};

const BASE58 = /^[1-9A-HJ-NP-Za-km-z]{25,35}$/;
const BECH32 = /^[02-9ac-hj-np-z]{11,87}$/;

/** Take the address out of what was pasted: a stratum user, a bitcoin: link, capital bech32. */
export function tidy(pasted: string): string {
  const bare =
    pasted
      .trim()
      .replace(/^bitcoin:/i, "")
      .split(/[?#\s._]/)[0] ?? "";
  return spelled(bare);
}

/** Bech32 may be written all in capitals, as QR codes do; it is the same address. */
export function spelled(address: string): string {
  const capital = /^(bc1|tb1|bcrt1)/i.test(address) && address === address.toUpperCase();
  return capital ? address.toLowerCase() : address;
}

export function looksRight(address: string, network: Network): boolean {
  const { bech32, base58 } = STARTS[network];
  if (address.startsWith(bech32)) return BECH32.test(address.slice(bech32.length));
  return base58.includes(address.charAt(0)) && BASE58.test(address);
}

/** No address is shorter than this by slips of the finger; shorter words are something else. */
const TOO_SHORT = 12;

function startsRight(address: string, network: Network): boolean {
  const { bech32, base58 } = STARTS[network];
  return (
    address.toLowerCase().startsWith(bech32) ||
    (base58.includes(address.charAt(0)) && address.length >= TOO_SHORT)
  );
}

/**
 * What is wrong with an address, in words; null when it could be one. `refused`: the server, which
 * can tell a slip of the finger, has said no to it.
 */
export function wrongAddress(address: string, network: Network, refused = false): string | null {
  if (looksRight(address, network) && !refused) return null;
  if (startsRight(address, network)) {
    return t`That address is not valid: a letter is missing, doubled or wrong.`;
  }
  if (network === "mainnet") {
    return t`That is not a Bitcoin address. They start with bc1, 1 or 3.`;
  }
  const { bech32 } = STARTS[network];
  return t`That is not a ${network} address. They start with ${bech32}, m, n or 2.`;
}
