import { t } from "@lingui/core/macro";
import { date } from "../format";
import { useNow } from "../ui/clock";
import type { Shelved } from "./shelf";
import "./badges.css";

/** How far whoever is signed in is with a badge. */
export function Own({ shelved: { badge, earned, measured } }: { shelved: Shelved }) {
  const now = useNow(60_000);
  if (earned) {
    const day = date(earned.earned_at, now);
    return <span className="own-badge earned">{t`You earned it on ${day}`}</span>;
  }
  if (measured) return <span className="own-badge">{t`You: ${measured}`}</span>;
  return <span className="own-badge">{badge.open ? t`Not yours yet` : t`Not open yet`}</span>;
}
