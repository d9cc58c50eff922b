"""When scheduled work is due (UTC). Each job may run twice, late, or at once elsewhere."""

from __future__ import annotations

from tbg.core import limits
from tbg.core.schedule import Cron
from tbg.core.tx import Database
from tbg.domains.gamification.actions.backfill import backfill_badges
from tbg.domains.gamification.actions.champion import crown_champions
from tbg.domains.gamification.actions.personal_bests import pay_personal_bests
from tbg.domains.gamification.actions.stats import count_badges
from tbg.domains.gamification.actions.streaks import StreakCheck, check_streaks, warn_streaks
from tbg.domains.gamification.actions.summaries import tell_silent
from tbg.domains.gamification.actions.verify import verify_xp

UNPAID_AT_ONCE = 50_000
"""Unpaid weeks (of everybody, this week's among them) that a check reads in a few milliseconds."""


async def count(database: Database) -> bool:
    """Badge percentages: soon after something was granted, every hour in any case."""
    async with database.transaction() as tx:
        first = tx.now.minute == 0 and tx.now.second < limits.SOON_SECONDS
        return await count_badges(tx, anyway=first)


async def pay_late_weeks(database: Database) -> StreakCheck | None:
    """The check of streaks, soon after a late share; with many players, once a minute."""
    async with database.transaction() as tx:
        unpaid = await tx.value(
            "SELECT reltuples FROM pg_class WHERE oid = to_regclass('streak_calendar_unpaid')"
        )
        if unpaid > UNPAID_AT_ONCE and tx.now.second >= limits.SOON_SECONDS:
            return None
    done = await check_streaks(database)
    return done if any(done) else None


JOBS = (
    Cron("registry_backfill", backfill_badges, minute=None),
    Cron("streak_check", check_streaks, weekday=0, hour=0, minute=5),
    # The same check: weeks that late shares have made active need not wait for Monday. Pages must
    # not show for long that a streak is reached but its badge is not.
    Cron("late_weeks", pay_late_weeks, every_s=limits.SOON_SECONDS),
    Cron("weekly_diff_champion", crown_champions, weekday=0, hour=0, minute=5),
    Cron("personal_bests", pay_personal_bests, hour=0, minute=5),
    Cron("streak_warning", warn_streaks, weekday=6, hour=18, minute=0),
    Cron("badge_counts", count, every_s=limits.SOON_SECONDS),
    Cron("silent_summaries", tell_silent, minute=None),
    Cron("xp_verifier", verify_xp, minute=15),
)
