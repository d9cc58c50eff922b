import { t } from "@lingui/core/macro";

/** A wallet in the browser, as far as signing in needs it: whose addresses, and a signature. */
export interface Account {
  address: string;
  /** What the wallet uses it for, when it says so. */
  use: string;
  sign: (message: string) => Promise<string>;
}

export interface Wallet {
  name: "UniSat" | "Xverse" | "Leather";
  accounts: () => Promise<Account[]>;
}

export type WalletNetwork = "mainnet" | "testnet" | "signet" | "regtest";

/** The person, or the wallet, said no; `message` is what to do about it. */
export class WalletRefusal extends Error {}

/** Wallets say no in their own ways: as an error, as an object, as a nested object. */
export function refusalOf(error: unknown, wallet: Wallet["name"]): WalletRefusal {
  if (error instanceof WalletRefusal) return error;
  const outer = isRecord(error) ? error : {};
  const inner = isRecord(outer.error) ? outer.error : outer;
  const code = inner.code;
  const said = typeof inner.message === "string" ? inner.message : "";
  const declined = [4001, -32000, -31001].includes(Number(code));
  if (declined || /reject|cancel|denied|declin/i.test(said)) {
    return new WalletRefusal(
      t`The request was declined in the wallet. Nothing happened; try again when ready.`,
    );
  }
  return new WalletRefusal(
    said
      ? t`${wallet} could not do that. Open it, unlock it, and try again. It said: ${said}`
      : t`${wallet} could not do that. Open it, unlock it, and try again.`,
  );
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The wallet works on an address of another network, or holds none of ours. */
export function noAddress(wallet: Wallet["name"]): WalletRefusal {
  return new WalletRefusal(t`${wallet} showed no Bitcoin address. Choose an account in it first.`);
}
