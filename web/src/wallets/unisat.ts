import { type Account, isRecord, noAddress, refusalOf, type Wallet } from "./types";

interface Provider {
  requestAccounts: () => Promise<string[]>;
  signMessage: (message: string, kind: "bip322-simple" | "ecdsa") => Promise<string>;
}

function isProvider(value: unknown): value is Provider {
  return isRecord(value) && typeof value.requestAccounts === "function";
}

/** Old addresses have a signature of their own; for the newer ones BIP-322 is exact. */
function kindFor(address: string): "bip322-simple" | "ecdsa" {
  return /^(bc|tb|bcrt)1/i.test(address) ? "bip322-simple" : "ecdsa";
}

/** UniSat has one account at a time: the one that is chosen in it. */
export function unisat(page: Record<string, unknown>): Wallet | null {
  const provider = page.unisat;
  if (!isProvider(provider)) return null;
  const account = (address: string): Account => ({
    address,
    use: "",
    sign: async (message) => {
      try {
        return await provider.signMessage(message, kindFor(address));
      } catch (error) {
        throw refusalOf(error, "UniSat");
      }
    },
  });
  return {
    name: "UniSat",
    accounts: async () => {
      const found = await provider.requestAccounts().catch((error: unknown) => {
        throw refusalOf(error, "UniSat");
      });
      if (found.length === 0) throw noAddress("UniSat");
      return found.map(account);
    },
  };
}
