"""A database with a past: users and shares by the million, written by the database itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg

from lab.shares import bench_addresses

_DAYS = 28

# Every user has mined evenly for four weeks and has the first badges, and what a later share
# reads agrees with the ledger. Written in the order of the keys, so that it is quick.
_FILL = (
    """
    INSERT INTO users (id, created_at) OVERRIDING SYSTEM VALUE
    SELECT id, begun FROM past, generate_series(1, users) AS id
    """,
    """
    INSERT INTO user_addresses (address, user_id, linked_at)
    SELECT COALESCE(a.address, 'before-' || md5(id::text)), id, begun
    FROM past, generate_series(1, users) AS id LEFT JOIN active a ON a.user_id = id ORDER BY 1
    """,
    """
    INSERT INTO workers (id, user_id, name_key, name, source, first_seen, last_seen)
    OVERRIDING SYSTEM VALUE
    SELECT id, id, 'bench', 'bench', 'bench', begun, ended
    FROM past, generate_series(1, users) AS id
    """,
    """
    INSERT INTO streak_calendar (user_id, week_iso, week_start, share_count, best_diff, days,
        is_active, paid)
    SELECT id, to_char(monday, 'IYYY"-W"IW'), monday, each / 4 + CASE n WHEN 1 THEN each % 4
        ELSE 0 END, 1e7, 127, true, true
    FROM past, generate_series(1, users) AS id, LATERAL (SELECT n,
        (date_trunc('week', ended, 'UTC') AT TIME ZONE 'UTC')::date - 7 * n AS monday
        FROM generate_series(4, 1, -1) AS n) AS weeks
    """,
    """
    INSERT INTO user_badges (user_id, badge_slug, earned_at, awarded_at, metadata)
    SELECT id, slug, begun, begun, '{}' FROM past, generate_series(1, users) AS id,
        (VALUES ('diff_1e6'), ('first_share')) AS b (slug)
    """,
    """
    INSERT INTO xp_ledger (user_id, idempotency_key, amount, source, source_id, description,
        created_at, written_at)
    SELECT u.user_id, 'badge:' || b.slug || ':' || u.user_id, b.xp_reward, 'badge', b.slug,
        'Earned badge: ' || b.name, u.earned_at, u.earned_at
    FROM user_badges u JOIN badge_definitions b ON b.slug = u.badge_slug ORDER BY u.user_id, 2
    """,
    """
    INSERT INTO user_gamification (user_id, total_xp, level, level_title, level_told,
        badges_earned, current_streak, longest_streak, streak_start_date, last_active_week,
        total_shares, best_difficulty, best_on, xp_entries, updated_at)
    SELECT id, xp, 2, 'Curious Cat', 2, 2, 4, 4, first, to_char(last, 'IYYY"-W"IW'), each, 1e7,
        begun::date, 2, ended
    FROM past, generate_series(1, users) AS id,
        (SELECT sum(amount) FROM xp_ledger WHERE user_id = 1) AS l (xp),
        (SELECT min(week_start), max(week_start) FROM streak_calendar WHERE user_id = 1)
        AS w (first, last)
    """,
    """
    INSERT INTO personal_bests (user_id, timeframe, period_key, best_difficulty, at, share_id,
        worker_id)
    SELECT id, timeframe, key, 1e7, begun, md5(id::text)::uuid, id
    FROM past, generate_series(1, users) AS id, (VALUES ('alltime'), ('month'), ('week'))
        AS t (timeframe), LATERAL (SELECT CASE timeframe WHEN 'alltime' THEN 'alltime'
        WHEN 'month' THEN to_char(begun, 'YYYY-MM') ELSE to_char(begun, 'IYYY"-W"IW') END) k (key)
    """,
    """
    INSERT INTO daily_shares (user_id, day, worker_id, accepted, rejected, work, best_sdiff)
    SELECT id, begun::date + n, id, 1, 0, 1024, 1e7
    FROM past, generate_series(1, users) AS id, generate_series(0, LEAST(each, 28) - 1) AS n
    """,
    """
    INSERT INTO hourly_shares (user_id, hour, worker_id, accepted, rejected, work, best_sdiff)
    SELECT id, date_trunc('hour', begun + n * interval '61 hours', 'UTC'), id, 1, 0, 1024, 1e7
    FROM past, generate_series(1, users) AS id, generate_series(0, LEAST(each, 10) - 1) AS n
    """,
    """
    INSERT INTO shares (user_id, at, id, worker_id, diff, sdiff, accepted, hash, source)
    SELECT id, begun + n * (ended - begun) / each, md5(id || '/' || n)::uuid, id, 1024, 2048,
        true, md5(id || '/' || n) || md5(n || '/' || id), 'bench'
    FROM past, generate_series(1, users) AS id, generate_series(0, each - 1) AS n
    """,
    """
    INSERT INTO event_keys (key, digest, seen_on)
    SELECT md5('key' || id || '/' || n)::uuid, id, begun::date
    FROM past, generate_series(1, users) AS id, generate_series(0, each - 1) AS n ORDER BY 1
    """,
    "SELECT setval(pg_get_serial_sequence('users', 'id'), users) FROM past",
    "SELECT setval(pg_get_serial_sequence('workers', 'id'), users) FROM past",
    "DROP TABLE past, active",
    "VACUUM (ANALYZE)",
    "CHECKPOINT",
)


async def fill(url: str, *, rows: int, users: int, active: int, now: datetime) -> None:
    """Put `rows` shares of `users` users (evenly) into a migrated database without any.

    `active` of the users, spread evenly, are those that `bench_shares(active, …)` draws from.
    """
    connection = await asyncpg.connect(url)
    ended = now - timedelta(hours=1)
    begun = (now - timedelta(days=_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        await connection.execute("SET work_mem = '256MB'")
        await connection.execute(
            "CREATE TEMP TABLE past (users bigint, each integer, begun timestamptz,"
            " ended timestamptz)"
        )
        past = [(users, rows // users, begun, ended)]
        await connection.copy_records_to_table("past", records=past)
        await connection.execute("CREATE TEMP TABLE active (address text, user_id bigint)")
        step = users // active
        chosen = [(address, 1 + n * step) for n, address in enumerate(bench_addresses(active))]
        await connection.copy_records_to_table("active", records=chosen)
        for statement in _FILL:
            await connection.execute(statement, timeout=3600)
    finally:
        await connection.close()
