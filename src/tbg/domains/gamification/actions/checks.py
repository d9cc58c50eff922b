"""The verifier's comparisons: each check yields rows of (user_id, bad), one per fact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from tbg.core import checks, limits
from tbg.core.domain import Check
from tbg.domains.gamification.rules import LEVELS, SHARES_PER_XP, STREAK_XP

# Facts that are committed and wait for the rollups (kind 1: accepted, 0: rejected).
_QUEUED = """
queued AS (
    SELECT f.user_id, f.worker_id, (to_timestamp(f.epoch) AT TIME ZONE 'UTC')::date AS day,
        f.sdiff, f.kind
    FROM rollup_queue q, unnest(q.user_ids, q.worker_ids, q.ats, q.sdiffs, q.kinds)
        AS f (user_id, worker_id, epoch, sdiff, kind)
)
"""

# The rows of users who became part of others stay; those of them are closed, and sum up to 0.
_OPEN = """
open_ledger AS (
    SELECT x.* FROM xp_ledger x WHERE NOT EXISTS (
        SELECT 1 FROM users u WHERE u.id = x.user_id AND u.merged_into IS NOT NULL)
)
"""


# What follows from each calendar: an aggregate of the database does the same as `rules.streaks`.
_RUNS = """
runs AS (
    SELECT c.user_id, public.streak_runs(week_start, freezes_switched ORDER BY week_start) AS run
    FROM streak_calendar c LEFT JOIN user_gamification g ON g.user_id = c.user_id
    WHERE is_active GROUP BY c.user_id
)
"""

# The views `owned_…` have a row that a merge still has to move under the user who stays.
_SQL = {
    "ledger_total": """
        SELECT user_id, COALESCE(g.total_xp, 0) <> COALESCE(l.xp, 0)
            OR g.xp_entries <> COALESCE(l.entries, 0) AS bad
        FROM user_gamification g FULL JOIN (
            SELECT user_id, sum(amount) AS xp, count(*) AS entries FROM xp_ledger
            GROUP BY user_id) l USING (user_id)
    """,
    "level": """
        SELECT user_id, (level, level_title) <> ((:levels ::integer[])[n], (:titles ::text[])[n])
            OR level_told < level AS bad
        FROM (SELECT *, width_bucket(total_xp, :cumulative ::bigint[]) AS n
            FROM user_gamification) g
    """,
    "badges_earned": """
        SELECT user_id, COALESCE(g.badges_earned, 0) <> COALESCE(b.n, 0) AS bad
        FROM user_gamification g FULL JOIN (
            SELECT user_id, count(*) AS n FROM user_badges GROUP BY user_id) b USING (user_id)
    """,
    "badge_ledger": """
        SELECT COALESCE(u.user_id, x.user_id) AS user_id, u.user_id IS NULL
            OR x.user_id IS NULL OR x.amount <> d.xp_reward AS bad
        FROM user_badges u
        FULL JOIN (SELECT * FROM open_ledger WHERE source = 'badge') x ON x.user_id = u.user_id
            AND x.idempotency_key = 'badge:' || u.badge_slug || ':' || u.user_id
        LEFT JOIN badge_definitions d ON d.slug = u.badge_slug
    """,
    # A streak's badge stays when a merge or a late share changes the run: with another history of
    # the switch, or a freeze earned at another time, a run may break that did not. So many weeks
    # have been paid all the same.
    "badges_reached": """
        SELECT g.user_id, (u.user_id IS NOT NULL) <> CASE d.trigger_type
            WHEN 'share_count' THEN g.total_shares >= (d.trigger_config ->> 'threshold')::float8
            WHEN 'best_diff' THEN g.best_difficulty >= (d.trigger_config ->> 'threshold')::float8
            WHEN 'streak' THEN CASE WHEN u.user_id IS NULL THEN COALESCE(p.longest, 0)
                ELSE COALESCE(p.weeks, 0) END >= (d.trigger_config ->> 'threshold')::bigint
            ELSE g.blocks_found > 0 END AS bad
        FROM user_gamification g CROSS JOIN badge_definitions d
        LEFT JOIN user_badges u ON u.user_id = g.user_id AND u.badge_slug = d.slug
        LEFT JOIN paid p ON p.user_id = g.user_id
        WHERE d.is_active AND d.backfilled_at IS NOT NULL AND d.trigger_type <> 'event'
    """,
    "share_xp": """
        SELECT user_id, COALESCE(g.total_shares, 0) / :shares_per_xp <> COALESCE(l.xp, 0) AS bad
        FROM user_gamification g FULL JOIN (
            SELECT user_id, sum(amount) AS xp FROM open_ledger WHERE source = 'share'
            GROUP BY user_id) l USING (user_id)
    """,
    "streak_xp": """
        SELECT COALESCE(c.user_id, x.user_id) AS user_id, c.user_id IS NULL
            OR c.paid <> (x.user_id IS NOT NULL) OR x.amount <> :streak_xp AS bad
        FROM streak_calendar c
        FULL JOIN (SELECT * FROM open_ledger WHERE source = 'streak') x ON x.user_id = c.user_id
            AND x.idempotency_key = 'streak:' || c.user_id || ':' || c.week_iso
    """,
    "streak_columns": """
        SELECT user_id, (COALESCE(g.current_streak, 0), COALESCE(g.longest_streak, 0),
                COALESCE(g.streak_start_date, 'infinity'), COALESCE(g.last_active_week, ''),
                COALESCE(g.freezes_held, 0))
            <> (COALESCE(run[1], 0), COALESCE(run[2], 0),
                COALESCE(DATE '1970-01-05' + 7 * run[3], 'infinity'),
                COALESCE(to_char(DATE '1970-01-05' + 7 * run[4], 'IYYY"-W"IW'), ''),
                COALESCE(run[5], 0)) AS bad
        FROM user_gamification g FULL JOIN runs r USING (user_id)
    """,
    "shares_by_week": """
        SELECT user_id, COALESCE(g.total_shares, 0) <> COALESCE(c.n, 0) AS bad
        FROM user_gamification g FULL JOIN (
            SELECT user_id, sum(share_count) AS n FROM streak_calendar GROUP BY user_id) c
            USING (user_id)
    """,
    "shares_by_day": """
        SELECT user_id, COALESCE(g.total_shares, 0) <> COALESCE(d.n, 0) AS bad
        FROM user_gamification g FULL JOIN (
            SELECT user_id, sum(n) AS n FROM (
                SELECT user_id, accepted AS n FROM owned_daily_shares
                UNION ALL SELECT user_id, 1 FROM queued WHERE kind = 1) f
            GROUP BY user_id) d USING (user_id)
    """,
    "hours_by_day": """
        SELECT user_id, (COALESCE(d.accepted, 0), COALESCE(d.rejected, 0), COALESCE(d.work, 0),
                COALESCE(d.best_sdiff, 0))
            <> (COALESCE(h.accepted, 0), COALESCE(h.rejected, 0), COALESCE(h.work, 0),
                COALESCE(h.best, 0)) AS bad
        FROM (SELECT user_id, day, worker_id, sum(accepted) AS accepted,
                sum(rejected) AS rejected, sum(work) AS work, max(best_sdiff) AS best_sdiff
            FROM owned_daily_shares GROUP BY user_id, day, worker_id) d
        FULL JOIN (SELECT user_id, (hour AT TIME ZONE 'UTC')::date AS day, worker_id,
                sum(accepted) AS accepted, sum(rejected) AS rejected, sum(work) AS work,
                max(best_sdiff) AS best
            FROM owned_hourly_shares GROUP BY 1, 2, 3) h USING (user_id, day, worker_id)
    """,
    "rejects_by_day": """
        SELECT user_id, COALESCE(d.rejected, 0) <> COALESCE(r.rejected, 0) AS bad
        FROM (SELECT user_id, day, worker_id, sum(rejected) AS rejected FROM owned_daily_shares
            WHERE rejected > 0 GROUP BY user_id, day, worker_id) d
        FULL JOIN (SELECT user_id, day, worker_id, sum(rejected) AS rejected
            FROM owned_daily_rejects GROUP BY user_id, day, worker_id) r
            USING (user_id, day, worker_id)
    """,
    "raw_shares": """
        SELECT user_id, (COALESCE(s.accepted, 0), COALESCE(s.rejected, 0))
            <> (COALESCE(d.accepted, 0), COALESCE(d.rejected, 0)) AS bad
        FROM (SELECT user_id, (at AT TIME ZONE 'UTC')::date AS day, worker_id,
                count(*) FILTER (WHERE accepted) AS accepted,
                count(*) FILTER (WHERE NOT accepted) AS rejected
            FROM owned_shares
            WHERE at >= :first_moment GROUP BY 1, 2, 3) s
        FULL JOIN (SELECT user_id, day, worker_id, sum(accepted) AS accepted,
                sum(rejected) AS rejected
            FROM (SELECT user_id, day, worker_id, accepted, rejected FROM owned_daily_shares
                WHERE day >= :first_day AND accepted + rejected > 0
                UNION ALL SELECT user_id, day, worker_id, kind, 1 - kind FROM queued
                WHERE day >= :first_day AND kind IN (0, 1)) f
            GROUP BY user_id, day, worker_id) d USING (user_id, day, worker_id)
    """,
    "best_difficulty": """
        SELECT user_id, COALESCE(g.best_difficulty, 0) <> COALESCE(d.best, 0) AS bad
        FROM user_gamification g FULL JOIN (
            SELECT user_id, max(best) AS best FROM (
                SELECT user_id, best_sdiff AS best FROM owned_daily_shares
                UNION ALL SELECT user_id, sdiff FROM queued WHERE kind <> 0) f
            GROUP BY user_id) d USING (user_id)
    """,
    "personal_bests": """
        SELECT user_id, COALESCE(g.best_difficulty, 0) <> COALESCE(p.best, 0) AS bad
        FROM user_gamification g FULL JOIN (
            SELECT user_id, max(best) AS best FROM (
                SELECT user_id, best_difficulty AS best FROM personal_bests
                WHERE timeframe = 'alltime'
                UNION ALL SELECT user_id, sdiff FROM queued WHERE kind <> 0) f
            GROUP BY user_id) p USING (user_id)
    """,
    "blocks_found": """
        SELECT user_id, COALESCE(g.blocks_found, 0) <> COALESCE(b.n, 0) AS bad
        FROM user_gamification g FULL JOIN (
            SELECT user_id, count(*) AS n FROM blocks WHERE confirmed_by IS NOT NULL
            GROUP BY user_id) b USING (user_id)
    """,
    "merged": """
        SELECT u.id AS user_id, u.merged_into IS NOT NULL AND (
            EXISTS (SELECT 1 FROM user_addresses WHERE user_id = u.id)
            OR EXISTS (SELECT 1 FROM user_gamification WHERE user_id = u.id AND total_shares > 0)
            OR EXISTS (SELECT 1 FROM user_badges WHERE user_id = u.id)
            OR EXISTS (SELECT 1 FROM streak_calendar WHERE user_id = u.id)
            OR EXISTS (SELECT 1 FROM owned_daily_shares WHERE user_id = u.id)
            OR EXISTS (SELECT 1 FROM workers WHERE user_id = u.id)
            OR 0 <> COALESCE((SELECT sum(amount) FROM xp_ledger WHERE user_id = u.id), 0)) AS bad
        FROM users u
    """,
    "pool_totals": """
        SELECT 0::bigint AS user_id, (p.accepted, p.rejected, p.work)
            <> (d.accepted, d.rejected, d.work) AS bad
        FROM pool_totals p, (SELECT COALESCE(sum(accepted), 0) AS accepted,
            COALESCE(sum(rejected), 0) AS rejected, COALESCE(sum(work), 0) AS work
            FROM daily_shares) d
    """,
}

# The longest run of paid weeks: what the Monday check had before it when it awarded badges.
_PAID = """
paid AS (
    SELECT c.user_id, count(*) AS weeks,
        (public.streak_runs(week_start, freezes_switched ORDER BY week_start))[2] AS longest
    FROM streak_calendar c LEFT JOIN user_gamification g ON g.user_id = c.user_id
    WHERE is_active AND paid GROUP BY c.user_id
)
"""

_NEEDS = {"open_ledger": _OPEN, "queued": _QUEUED, "runs r": _RUNS, "paid p": _PAID}


def _values(now: datetime) -> dict[str, Any]:
    """Whatever a check may bind."""
    whole = (now - limits.RAW_SHARE_AGE).date() + timedelta(days=1)
    return {
        "cumulative": [threshold.cumulative for threshold in LEVELS],
        "levels": [threshold.level for threshold in LEVELS],
        "titles": [threshold.title for threshold in LEVELS],
        "shares_per_xp": SHARES_PER_XP,
        "streak_xp": STREAK_XP,
        "first_day": whole,
        "first_moment": datetime.combine(whole, time(), UTC),
    }


def _needed(comparison: str) -> list[str]:
    return [part for word, part in _NEEDS.items() if word in comparison]


SUM_UP = {name: checks.sum_up(one, *_needed(one)) for name, one in _SQL.items()}
FIND = {name: checks.find(one, *_needed(one)) for name, one in _SQL.items()}


def _check(name: str) -> Check:
    """A check, with the values that its statement binds."""

    def values(now: datetime) -> Mapping[str, Any]:
        return {key: value for key, value in _values(now).items() if f":{key}" in _SQL[name]}

    return Check(sum_up=SUM_UP[name], find=FIND[name], values=values)


CHECKS: dict[str, Check] = {name: _check(name) for name in _SQL}
