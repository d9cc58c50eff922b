/** The badges of whoever is signed in. */
import { useQuery } from "@tanstack/react-query";
import { pageOf, useMe } from "../api/me";
import { minerQuery } from "../api/queries";
import type { Badge, PublicMiner } from "../api/types";
import { type Shelved, shelve } from "./shelf";

/** Null for a visitor, and while it is not known. */
export function useOwnBadges(): PublicMiner["badges"] | null {
  const me = useMe();
  const miner = useQuery({ ...minerQuery(me ? pageOf(me) : ""), enabled: Boolean(me) });
  return (me && miner.data?.badges) ?? null;
}

/** One badge as its owner has it. */
export function shelvedOf(badge: Badge, own: PublicMiner["badges"] | null): Shelved | null {
  return (own && shelve([badge], own)[0]) ?? null;
}
