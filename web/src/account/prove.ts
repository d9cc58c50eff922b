/** Proving an address: a message is asked for, signed by its key, and handed in. */
import { t } from "@lingui/core/macro";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { account, type Challenge, type Purpose } from "../api/account";
import { Refusal } from "../api/client";
import { pageOf, useSignedIn } from "../api/me";
import { keepAsked } from "./asked";
import { wayBack } from "./back";

export interface Proof {
  /** Ask for the message that this address is to sign. */
  challenge: (address: string) => Promise<Challenge>;
  /** Hand the signature in; when it is good, what follows happens too. */
  handIn: (challenge: Challenge, signature: string) => Promise<void>;
  action: string;
  doing: string;
  /** The addresses that may sign this; any, where none are named. */
  from?: string[];
  /** Where this tab keeps the message while it waits for its signature. */
  keptAs: string;
}

/** The message can no longer be used: it was, or its five minutes are over. */
export function isSpent(error: unknown): boolean {
  return error instanceof Refusal && error.code === "challenge_spent";
}

const SIGN_IN = "tbg.sign-in";

/** Whoever was on their way to a page of their own gets there first; the welcome can wait. */
function isErrand(to: string | null): boolean {
  return to !== null && /^\/(settings|profile|welcome)\b/.test(to);
}

export function useSignIn(): Proof {
  const navigate = useNavigate();
  const signedIn = useSignedIn();
  const { back } = useSearch({ from: "/sign-in" });
  const to = wayBack(back);
  return {
    challenge: (address) => account.challenge(address, "sign_in"),
    handIn: async ({ challenge_id }, signature) => {
      const { user, claimed } = await account.verify(challenge_id, signature);
      keepAsked(SIGN_IN, null); // used, whether or not the next page loads
      signedIn(user);
      if (claimed && !isErrand(to)) {
        const search = to === null ? {} : { back: to };
        await navigate({ to: "/welcome", search, replace: true });
      } else if (to !== null) await navigate({ href: to, replace: true });
      else {
        await navigate({ to: "/m/$address", params: { address: pageOf(user) }, replace: true });
      }
    },
    action: t`Sign in`,
    doing: t`Checking the signature…`,
    keptAs: SIGN_IN,
  };
}

interface Approval {
  purpose: Purpose;
  /** The address that is to be let in or removed. */
  subject?: string;
  /** Addresses of the account that may sign: one that is to be removed may not. */
  from: string[];
  action: string;
  run: (approval: string) => Promise<void>;
}

/** What outlasts a session is done with a signature by an address of the account. */
export function approvalOf({ purpose, subject, from, action, run }: Approval): Proof {
  return {
    challenge: (address) => account.challenge(address, purpose, subject),
    handIn: async ({ challenge_id }, signature) => {
      const { approval } = await account.approve(challenge_id, signature);
      await run(approval);
    },
    action,
    doing: t`Checking the signature…`,
    from,
    keptAs: `tbg.${purpose}.${subject ?? ""}`,
  };
}

/** Signatures are pasted with line ends and blanks that mail and terminals put into them. */
export function tidySignature(pasted: string): string {
  const text = pasted.trim();
  const armoured = /-----BEGIN BITCOIN SIGNATURE-----([\s\S]*?)-----END/i.exec(text)?.[1];
  if (armoured === undefined) return text.replace(/\s+/g, "");
  // An armoured one has lines "Version:" and "Address:", an empty one, and then the signature.
  const lines = armoured.trim().split(/\r?\n/);
  return lines.filter((line) => !/^\w+: /.test(line)).join("").replace(/\s+/g, "");
}
