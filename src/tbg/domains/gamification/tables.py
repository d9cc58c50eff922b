"""Where each of the domain's tables is when there are several database nodes."""

from __future__ import annotations

from tbg.core.tables import Distributed, Local, Reference, Tables

TABLES: Tables = {
    "badge_definitions": Reference("slug"),
    "user_badges": Distributed(),
    "xp_ledger": Distributed(),
    "user_gamification": Distributed(),
    "streak_calendar": Distributed(),
    "silent_rewards": Distributed(),
    "badge_stats": Local("one row per badge, counted over the whole pool"),
    "weekly_champions": Local("one row per week"),
}
