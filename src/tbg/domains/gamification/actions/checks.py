"""The verifier's comparisons: each check yields rows of (user_id, bad), one per fact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from tbg.core import limits
from tbg.core.domain import Check
from tbg.domains.gamification.rules import (
    FREEZE_WEEKS,
    FREEZES_HELD,
    LEVELS,
    SHARES_PER_XP,
    STREAK_XP,
)

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


# Runs of mined weeks, one after the other: each either goes on from the one before it, because
# freezes cover the weeks between them, or begins anew. Those who never mined so many weeks in a row
# that they earned a freeze have no weeks to cover. Weeks in a row have the same distance to their
# number.
def _runs(name: str, where: str) -> str:
    return f"""
{name}_numbered AS (
    SELECT user_id, week_start, week_iso, week_start - 7 * row_number() OVER (
        PARTITION BY user_id ORDER BY week_start)::integer AS place
    FROM streak_calendar WHERE {where}
), {name}_rows AS (
    SELECT n.user_id, count(*)::integer AS weeks, min(week_start) AS first,
        max(week_start) AS last, max(week_iso) AS last_iso,
        max(count(*)) OVER of_user >= {FREEZE_WEEKS} AS freezes,
        row_number() OVER (of_user ORDER BY min(week_start)) AS n
    FROM {name}_numbered n GROUP BY n.user_id, place WINDOW of_user AS (PARTITION BY n.user_id)
), {name} AS (
    SELECT user_id, n, weeks, first, last, last_iso, weeks AS mined,
        LEAST(weeks / {FREEZE_WEEKS}, {FREEZES_HELD}) AS held
    FROM {name}_rows WHERE n = 1 OR NOT freezes
    UNION ALL
    SELECT r.user_id, r.n, b.weeks + r.weeks, CASE WHEN u.used = u.missed THEN w.first
        ELSE r.first END, r.last, r.last_iso, r.weeks, LEAST(w.held - u.used
            + (b.weeks + r.weeks) / {FREEZE_WEEKS} - b.weeks / {FREEZE_WEEKS}, {FREEZES_HELD})
    FROM {name} w JOIN {name}_rows r ON r.user_id = w.user_id AND r.n = w.n + 1 AND r.freezes
        JOIN user_gamification g ON g.user_id = w.user_id
        CROSS JOIN LATERAL (SELECT (r.first - w.last) / 7 - 1 AS missed, (
            SELECT count(*)::integer FROM generate_series(1, LEAST(w.held,
                (r.first - w.last) / 7 - 1)) AS k
            WHERE NOT EXISTS (SELECT 1 FROM generate_series(1, k) AS earlier
                WHERE (SELECT count(*) % 2 FROM unnest(g.freezes_switched) AS at
                    WHERE at <= w.last + 7 * earlier) = 1)) AS used) u
        CROSS JOIN LATERAL (SELECT CASE WHEN u.used = u.missed THEN w.weeks ELSE 0 END
            AS weeks) b
)
"""  # noqa: S608 - of constants alone


_LAST_RUNS = """
last_runs AS (
    SELECT DISTINCT ON (user_id) r.*, max(weeks) OVER (PARTITION BY user_id) AS longest
    FROM runs r ORDER BY user_id, last DESC
)
"""
_RUNS = f"{_runs('runs', 'is_active')}, {_LAST_RUNS}"

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
            WHEN 'streak' THEN CASE WHEN u.user_id IS NULL THEN COALESCE(p.weeks, 0)
                ELSE COALESCE(p.mined, 0) END >= (d.trigger_config ->> 'threshold')::bigint
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
            <> (COALESCE(r.weeks, 0), COALESCE(r.longest, 0), COALESCE(r.first, 'infinity'),
                COALESCE(r.last_iso, ''), COALESCE(r.held, 0)) AS bad
        FROM user_gamification g FULL JOIN last_runs r USING (user_id)
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
_LONGEST_PAID = """
paid AS (
    SELECT user_id, max(weeks) AS weeks, sum(mined) AS mined FROM paid_runs GROUP BY user_id
)
"""
_PAID = f"{_runs('paid_runs', 'is_active AND paid')}, {_LONGEST_PAID}"

_NEEDS = {"open_ledger": _OPEN, "queued": _QUEUED, "last_runs": _RUNS, "paid p": _PAID}


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


def _with(check: str, tail: str) -> str:
    parts = [part for word, part in _NEEDS.items() if word in check]
    return "WITH RECURSIVE " + ", ".join([*parts, "checked AS (" + check + ")"]) + tail


SUM_UP = {
    name: _with(
        check,
        """
        SELECT count(*) AS rows, count(*) FILTER (WHERE bad) AS mismatches,
            (array_agg(user_id ORDER BY user_id) FILTER (WHERE bad))[1:CAST(:most AS integer)]
                AS users
        FROM checked
        """,
    )
    for name, check in _SQL.items()
}

FIND = {
    name: _with(
        check,
        """
        SELECT DISTINCT user_id FROM checked WHERE bad AND user_id > :after
        ORDER BY user_id LIMIT :most
        """,
    )
    for name, check in _SQL.items()
}


def _check(name: str) -> Check:
    """A check, with the values that its statement binds."""

    def values(now: datetime) -> Mapping[str, Any]:
        return {key: value for key, value in _values(now).items() if f":{key}" in _SQL[name]}

    return Check(sum_up=SUM_UP[name], find=FIND[name], values=values)


CHECKS: dict[str, Check] = {name: _check(name) for name in _SQL}
