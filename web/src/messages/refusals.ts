/** What the server refused, in the page's language, from the code and values of its answer. */
import { plural, t } from "@lingui/core/macro";
import type { Problem } from "../api/types";

/** The words of a refusal; for a code with many causes, the server's own sentence in English. */
export function refusalText(code: string, problem: Partial<Problem>): string | undefined {
  const values: Record<string, unknown> = problem;
  switch (code) {
    case "handle_taken":
      return t`Somebody has this handle, or one that looks like it.`;
    case "challenge_spent":
      return t`This message was already used, or its five minutes are over. Request another one.`;
    case "already_yours":
      return t`This address is already linked to your account.`;
    case "address_mines":
      return t`It has just sent a share. Request a new message and sign that.`;
    case "too_many_keys":
      return plural(Number(values.keys), {
        one: "You have # key. Revoke one that you no longer use.",
        other: "You have # keys. Revoke one that you no longer use.",
      });
    case "too_many_addresses": {
      const most = Number(values.most);
      return t`An account may have ${most} addresses. Remove some first.`;
    }
    case "not_your_address":
      return t`Sign with an address of your account.`;
    default:
      return problem.detail || problem.errors?.[0]?.message;
  }
}
