"""When this room's scheduled work is due (UTC). Each may run twice, late, or at once elsewhere."""

from __future__ import annotations

from tbg.adapters.queue import Cron
from tbg.core.tx import Database
from tbg.domains.gamification.actions.backfill import backfill_badges
from tbg.domains.gamification.actions.champion import crown_champions
from tbg.domains.gamification.actions.personal_bests import pay_personal_bests
from tbg.domains.gamification.actions.stats import count_badges
from tbg.domains.gamification.actions.streaks import check_streaks, warn_streaks
from tbg.domains.gamification.actions.summaries import tell_silent
from tbg.domains.gamification.actions.verify import verify_xp


async def count(database: Database) -> bool:
    """Badge percentages: every minute if something was granted, every hour in any case."""
    async with database.transaction() as tx:
        return await count_badges(tx, anyway=tx.now.minute == 0)


async def summarise(database: Database) -> int:
    """One message for what history earned, when it has gone quiet."""
    async with database.transaction() as tx:
        return await tell_silent(tx)


JOBS = (
    Cron("registry_backfill", backfill_badges, minute=None),
    Cron("streak_check", check_streaks, weekday=0, hour=0, minute=5),
    # The same check: weeks that late shares have made active need not wait for Monday.
    Cron("late_weeks", check_streaks, minute=None),
    Cron("weekly_diff_champion", crown_champions, weekday=0, hour=0, minute=5),
    Cron("personal_bests", pay_personal_bests, hour=0, minute=5),
    Cron("streak_warning", warn_streaks, weekday=6, hour=18, minute=0),
    Cron("badge_counts", count, minute=None),
    Cron("silent_summaries", summarise, minute=None),
    Cron("xp_verifier", verify_xp, minute=15),
)
