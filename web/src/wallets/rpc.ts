import { t } from "@lingui/core/macro";
import { isRecord, refusalOf, type Wallet } from "./types";

export interface RpcProvider {
  request: (method: string, params?: unknown) => Promise<unknown>;
}

export function isRpc(value: unknown): value is RpcProvider {
  return isRecord(value) && typeof value.request === "function";
}

/** Ask a wallet that speaks JSON-RPC; its answer is wrapped, and its no comes in either way. */
export async function ask(
  provider: RpcProvider,
  wallet: Wallet["name"],
  method: string,
  params?: unknown,
): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await provider.request(method, params);
  } catch (error) {
    throw refusalOf(error, wallet);
  }
  if (isRecord(answer) && isRecord(answer.error)) throw refusalOf(answer, wallet);
  return isRecord(answer) && "result" in answer ? answer.result : answer;
}

/** The signature in an answer; wallets agree at least on its name. */
export function signatureIn(answer: unknown, wallet: Wallet["name"]): string {
  const signature = isRecord(answer) ? answer.signature : answer;
  if (typeof signature === "string" && signature !== "") return signature;
  throw refusalOf({ message: t`no signature came back` }, wallet);
}

/** The addresses in an answer: a list, or an object that has one. */
export function listIn(answer: unknown): Record<string, unknown>[] {
  const list = isRecord(answer) && "addresses" in answer ? answer.addresses : answer;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
