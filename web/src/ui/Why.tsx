import { t } from "@lingui/core/macro";
import { Link } from "@tanstack/react-router";

/** The sections of "How it works"; each is the `id` of a panel there. */
export type Section =
  | "xp"
  | "levels"
  | "badges"
  | "streaks"
  | "difficulty"
  | "odds"
  | "hashrate"
  | "reported";

export function nameOfSection(section: Section): string {
  switch (section) {
    case "xp":
      return t`How XP works`;
    case "levels":
      return t`How levels work`;
    case "badges":
      return t`How badges work`;
    case "streaks":
      return t`How streaks work`;
    case "difficulty":
      return t`What difficulty means`;
    case "odds":
      return t`What the odds are`;
    case "hashrate":
      return t`How the hashrate is estimated`;
    case "reported":
      return t`What reported and confirmed mean`;
  }
}

/** The question mark beside a figure; it leads to the section that explains it. */
export function Why({ of }: { of: Section }) {
  const name = nameOfSection(of);
  return (
    <Link to="/how-it-works" hash={of} className="why" aria-label={name} title={name}>
      ?
    </Link>
  );
}
