import { leather } from "./leather";
import type { Wallet, WalletNetwork } from "./types";
import { unisat } from "./unisat";
import { xverse } from "./xverse";

export { type Account, type Wallet, WalletRefusal } from "./types";

/** The wallets that put themselves into this page. */
export function walletsOn(page: object, network: WalletNetwork): Wallet[] {
  const found = page as Record<string, unknown>;
  return [unisat(found), xverse(found), leather(found, network)].filter((wallet) => wallet !== null);
}
