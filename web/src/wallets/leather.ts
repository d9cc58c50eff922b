import { ask, isRpc, listIn, signatureIn } from "./rpc";
import { type Account, noAddress, type Wallet, type WalletNetwork } from "./types";

const USES: Record<string, string> = { p2wpkh: "payment", p2tr: "ordinals" };

/** Leather signs with a kind of address, not with an address; it has one of each. */
export function leather(page: Record<string, unknown>, network: WalletNetwork): Wallet | null {
  const provider = page.LeatherProvider;
  if (!isRpc(provider)) return null;
  return {
    name: "Leather",
    accounts: async () => {
      const found = listIn(await ask(provider, "Leather", "getAddresses"));
      const accounts = found.flatMap((one): Account[] => {
        const { address, type, symbol } = one;
        if (symbol !== "BTC" || typeof address !== "string") return [];
        const paymentType = type === "p2tr" ? "p2tr" : "p2wpkh";
        const sign = async (message: string) => {
          const wish = { message, paymentType, network };
          return signatureIn(await ask(provider, "Leather", "signMessage", wish), "Leather");
        };
        return [{ address, use: USES[paymentType] ?? "", sign }];
      });
      if (accounts.length === 0) throw noAddress("Leather");
      return accounts;
    },
  };
}
