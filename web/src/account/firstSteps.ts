/** What somebody new may do first. What is done is read off what they have, not ticked off. */
import type { Me } from "../api/account";
import type { PublicMiner } from "../api/types";

export interface FirstStep {
  what: "name" | "level" | "others";
  done: boolean;
}

/** What others see of somebody who has chosen nothing yet. */
const UNCHOSEN = { profile_public: true, address_shown: "whole", on_leaderboards: true } as const;

/** `miner` is null for somebody who has not sent a share yet. */
export function firstSteps(me: Me, miner: PublicMiner | null): FirstStep[] {
  const chosen = Object.entries(UNCHOSEN).some(
    ([name, value]) => me.privacy[name as keyof typeof UNCHOSEN] !== value,
  );
  return [
    { what: "name", done: me.handle !== null },
    { what: "level", done: miner !== null && miner.xp.level > 1 },
    { what: "others", done: me.addresses > 1 || chosen },
  ];
}
