"""The effects of a run, by address, so that two methods can be compared."""

from __future__ import annotations

from typing import Any

import asyncpg

# By address and names, never by ids, which two databases number differently. Left out: which
# of several shares is named as a badge's cause, which the rules leave open.
_REWARDS = """
SELECT a.address, g.total_xp, g.level, g.level_title, g.level_told, g.badges_earned,
    g.current_streak, g.longest_streak, g.streak_start_date, g.last_active_week,
    g.total_shares, g.best_difficulty, g.best_on, g.blocks_found,
    (SELECT array_agg(badge_slug ORDER BY badge_slug) FROM user_badges
        WHERE user_id = g.user_id) AS badges,
    (SELECT array_agg((source, amount) ORDER BY source) FROM (
        SELECT source, sum(amount) AS amount FROM xp_ledger WHERE user_id = g.user_id
        GROUP BY source) x) AS xp,
    (SELECT array_agg((week_iso, week_start, share_count, best_diff, days, is_active, paid)
        ORDER BY week_iso) FROM streak_calendar WHERE user_id = g.user_id) AS calendar,
    (SELECT array_agg((p.timeframe, p.period_key, p.best_difficulty, p.at, p.share_id, w.name)
        ORDER BY p.timeframe, p.period_key) FROM personal_bests p
        JOIN workers w ON w.user_id = p.user_id AND w.id = p.worker_id
        WHERE p.user_id = g.user_id) AS bests,
    (SELECT array_agg((d.day, w.name, d.accepted, d.rejected, d.work, d.best_sdiff)
        ORDER BY d.day, w.name) FROM daily_shares d
        JOIN workers w ON w.user_id = d.user_id AND w.id = d.worker_id
        WHERE d.user_id = g.user_id) AS days,
    (SELECT array_agg((w.name, w.name_key, w.source, w.first_seen, w.last_seen)
        ORDER BY w.name_key) FROM workers w WHERE w.user_id = g.user_id) AS workers,
    (SELECT md5(string_agg((s.id, s.at, s.diff, s.sdiff, s.accepted, s.hash, w.name)::text, ','
        ORDER BY s.id)) FROM shares s
        JOIN workers w ON w.user_id = s.user_id AND w.id = s.worker_id
        WHERE s.user_id = g.user_id) AS shares
FROM user_gamification g JOIN user_addresses a USING (user_id) ORDER BY a.address
"""

_KEYS = "SELECT count(*), md5(string_agg(key || ' ' || digest, ',' ORDER BY key)) FROM event_keys"

_TOLD = """
SELECT type, count(*), sum((payload ->> 'amount')::bigint) FROM outbox
WHERE payload ->> 'source' IS DISTINCT FROM 'share' AND type NOT IN ('LevelUp', 'PersonalBest')
GROUP BY type ORDER BY type
"""


async def effects(connection: asyncpg.Connection) -> list[tuple[Any, ...]]:
    """Every durable effect of shares: rewards and bests by address, keys, announcements."""
    return [
        tuple(row) for query in (_REWARDS, _KEYS, _TOLD) for row in await connection.fetch(query)
    ]


_SUMS = """
SELECT (SELECT count(*) FROM shares) AS shares,
    (SELECT count(*) FROM event_keys) AS keys,
    (SELECT COALESCE(sum(total_shares), 0) FROM user_gamification) AS counted,
    (SELECT COALESCE(sum(share_count), 0) FROM streak_calendar) AS in_calendar,
    (SELECT COALESCE(sum(total_xp), 0) FROM user_gamification) AS xp,
    (SELECT COALESCE(sum(amount), 0) FROM xp_ledger) AS ledger,
    (SELECT COALESCE(sum(badges_earned), 0) FROM user_gamification) AS badges,
    (SELECT count(*) FROM user_badges) AS badge_rows,
    (SELECT COALESCE(sum(accepted), 0) FROM daily_shares) AS in_days,
    (SELECT COALESCE(sum(accepted), 0) FROM hourly_shares) AS in_hours,
    (SELECT accepted FROM pool_totals) AS in_pool,
    (SELECT count(*) FROM rollup_queue) AS queued,
    (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()) AS deadlocks
"""


async def sums(connection: asyncpg.Connection) -> dict[str, int]:
    """The sums of every table that shares end in."""
    row = await connection.fetchrow(_SUMS)
    assert row is not None
    return {name: int(value) for name, value in row.items()}


def wrong_sums(
    before: dict[str, int], after: dict[str, int], *, shares: int, rolled_up: int
) -> list[str]:
    """What does not add up after `shares` accepted shares, `rolled_up` by the pipeline."""
    grown = {name: after[name] - before[name] for name in after}
    wanted = {
        **dict.fromkeys(("shares", "keys", "counted", "in_calendar", "in_days"), shares),
        **dict.fromkeys(("in_hours", "in_pool"), rolled_up),
        "xp": grown["ledger"],
        "badges": grown["badge_rows"],
        "queued": 0,
        "deadlocks": 0,
    }
    return [
        f"{name} grew by {grown[name]}, not {value}"
        for name, value in wanted.items()
        if grown[name] != value
    ]
