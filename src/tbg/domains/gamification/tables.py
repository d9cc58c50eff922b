"""The domain's tables: where each is when there are several database nodes, and which of their
columns refer to users.
"""

from __future__ import annotations

from tbg.core.personal import NotExported, Personal, UserColumn, facts_of_a_user, not_users
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

PERSONAL: Personal = {
    "user_badges": facts_of_a_user("badges"),
    "user_gamification": facts_of_a_user("standing", "total_xp", "total_shares", "xp_entries"),
    "streak_calendar": facts_of_a_user("streak_calendar", "share_count"),
    "weekly_champions": facts_of_a_user("champion_weeks"),
    "xp_ledger": {
        "user_id": UserColumn(merge="kept", erase="kept", export="xp_ledger"),
        **not_users("id", "amount"),
    },
    "silent_rewards": {
        "user_id": UserColumn(
            merge="moved", erase="removed", export=NotExported("waits to be a notification")
        ),
        **not_users("xp"),
    },
    "badge_stats": not_users("total_earned", "counted_to"),
}
