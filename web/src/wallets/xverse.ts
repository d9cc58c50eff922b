import { t } from "@lingui/core/macro";
import { ask, isRpc, listIn, type RpcProvider, signatureIn } from "./rpc";
import { type Account, isRecord, noAddress, type Wallet } from "./types";

const PURPOSES = ["payment", "ordinals"];
const why = () => t`The Bitcoin Game asks for your payout address`;

/** Older versions know no `wallet_connect`; their `getAccounts` asks the person as well. */
async function connect(provider: RpcProvider): Promise<Record<string, unknown>[]> {
  try {
    const wish = { addresses: PURPOSES, message: why() };
    const found = listIn(await ask(provider, "Xverse", "wallet_connect", wish));
    if (found.length > 0) return found;
  } catch (error) {
    if (!(error instanceof Error) || !/not found|not supported|unknown/i.test(error.message)) {
      throw error;
    }
  }
  const wish = { purposes: PURPOSES, message: why() };
  return listIn(await ask(provider, "Xverse", "getAccounts", wish));
}

/** Xverse has two Bitcoin addresses an account: one for payments, one for ordinals. */
export function xverse(page: Record<string, unknown>): Wallet | null {
  const family = page.XverseProviders;
  const provider = isRecord(family) ? family.BitcoinProvider : undefined;
  if (!isRpc(provider)) return null;
  return {
    name: "Xverse",
    accounts: async () => {
      const found = await connect(provider);
      const accounts = found.flatMap((one): Account[] => {
        const { address, purpose } = one;
        if (typeof address !== "string" || !PURPOSES.includes(String(purpose))) return [];
        const sign = async (message: string) => {
          const answer = await ask(provider, "Xverse", "signMessage", { address, message });
          return signatureIn(answer, "Xverse");
        };
        return [{ address, use: String(purpose), sign }];
      });
      if (accounts.length === 0) throw noAddress("Xverse");
      return accounts;
    },
  };
}
