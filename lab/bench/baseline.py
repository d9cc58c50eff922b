"""The documents' own way, written as well as it can be: an event at a time.

One connection, every statement prepared once, one transaction an event: seen before? who is it?
which worker? the share, the calendar, the counters, the bests, then the badges it may have
earned, each looked up before it is given; at the end the acknowledgement. Its durable effects
are the pipeline's own, except for the hourly and the pool's sums, which the documents leave to
views that are refreshed elsewhere: so it does a little less work.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
import orjson
from asyncpg.prepared_stmt import PreparedStatement
from redis.asyncio import Redis

from tbg.adapters.broadcast.publish import NUDGE
from tbg.adapters.streams import GROUP, SHARE_SUBMITTED, Rules, Share, decode, worker_key
from tbg.core.clock import Clock
from tbg.core.event import Event, uuid7
from tbg.domains.gamification.events import BadgeEarned, LevelUp, XpGained
from tbg.domains.gamification.queries import BadgeDefinition
from tbg.domains.gamification.rules import (
    SHARES_PER_XP,
    compute_level,
    get_week_iso,
    get_week_start,
    streaks,
)

_READ = 100
"""Entries a read, as the documents have it."""

_STATEMENTS = {
    "claim": """
        INSERT INTO event_keys (key, digest, seen_on) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING RETURNING true
    """,
    "find_user": "SELECT user_id FROM user_addresses WHERE address = $1",
    "add_user": """
        WITH made AS (INSERT INTO users (created_at) VALUES ($2) RETURNING id)
        INSERT INTO user_addresses (address, user_id, linked_at)
        SELECT $1, id, $2 FROM made RETURNING user_id
    """,
    "meet_worker": """
        INSERT INTO workers AS w (user_id, name_key, name, agent, source, first_seen, last_seen)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (user_id, name_key) DO UPDATE SET
            last_seen = GREATEST(w.last_seen, excluded.last_seen)
        RETURNING id
    """,
    "add_share": """
        INSERT INTO shares (user_id, at, id, worker_id, diff, sdiff, accepted, errn,
            reject_reason, height, workinfoid, hash, source)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    """,
    "mark_week": """
        INSERT INTO streak_calendar AS c (user_id, week_iso, week_start, share_count, best_diff,
            days, is_active)
        VALUES ($1, $2, $3, 1, $4, $5, true)
        ON CONFLICT (user_id, week_iso) DO UPDATE SET share_count = c.share_count + 1,
            best_diff = GREATEST(c.best_diff, excluded.best_diff),
            days = c.days | excluded.days, is_active = true
        RETURNING xmax = 0
    """,
    "count": """
        INSERT INTO user_gamification AS g (user_id, total_shares, best_difficulty, best_on,
            updated_at)
        VALUES ($1, 1, $2, $3, $4)
        ON CONFLICT (user_id) DO UPDATE SET total_shares = g.total_shares + 1,
            best_on = CASE WHEN excluded.best_difficulty > g.best_difficulty
                THEN excluded.best_on ELSE g.best_on END,
            best_difficulty = GREATEST(g.best_difficulty, excluded.best_difficulty),
            updated_at = excluded.updated_at
        RETURNING total_shares, best_difficulty
    """,
    "weeks": "SELECT week_start FROM streak_calendar WHERE user_id = $1 AND is_active",
    "set_run": """
        UPDATE user_gamification SET current_streak = $2, longest_streak = $3,
            streak_start_date = $4, last_active_week = $5 WHERE user_id = $1
    """,
    "set_bests": """
        INSERT INTO personal_bests AS p (user_id, timeframe, period_key, best_difficulty, at,
            share_id, worker_id)
        VALUES ($1, 'alltime', 'alltime', $4, $5, $6, $7), ($1, 'month', $2, $4, $5, $6, $7),
            ($1, 'week', $3, $4, $5, $6, $7)
        ON CONFLICT (user_id, timeframe, period_key) DO UPDATE SET
            best_difficulty = excluded.best_difficulty, at = excluded.at,
            share_id = excluded.share_id, worker_id = excluded.worker_id
        WHERE (excluded.best_difficulty, p.at, p.share_id)
            > (p.best_difficulty, excluded.at, excluded.share_id)
    """,
    "add_to_day": """
        INSERT INTO daily_shares AS d (user_id, day, worker_id, accepted, rejected, work,
            best_sdiff)
        VALUES ($1, $2, $3, 1, 0, $4, $5)
        ON CONFLICT (user_id, day, worker_id) DO UPDATE SET accepted = d.accepted + 1,
            work = d.work + excluded.work,
            best_sdiff = GREATEST(d.best_sdiff, excluded.best_sdiff)
    """,
    "earned": "SELECT badge_slug FROM user_badges WHERE user_id = $1",
    "award": """
        INSERT INTO user_badges (user_id, badge_slug, earned_at, awarded_at, metadata)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING true
    """,
    "grant": """
        INSERT INTO xp_ledger (user_id, idempotency_key, amount, source, source_id, description,
            created_at, written_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING true
    """,
    "add_xp": """
        UPDATE user_gamification SET total_xp = total_xp + $2, badges_earned = badges_earned + $3
        WHERE user_id = $1 RETURNING total_xp, level
    """,
    "set_level": """
        UPDATE user_gamification SET level = $2, level_title = $3,
            level_told = GREATEST(level_told, $2) WHERE user_id = $1
    """,
    "announce": """
        INSERT INTO outbox (event_id, type, payload, user_ids, created_at)
        VALUES ($1, $2, $3, $4, $5)
    """,
}


class Baseline:
    """One consumer that takes the shares of the stream one by one."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        redis: Redis,
        *,
        badges: Sequence[BadgeDefinition],
        clock: Clock,
        statements: dict[str, PreparedStatement[asyncpg.Record]],
    ) -> None:
        self._connection = connection
        self._redis = redis
        self._badges = badges
        self._clock = clock
        self._run = statements
        self._announced: list[Event] = []

    @classmethod
    async def ready(
        cls,
        connection: asyncpg.Connection,
        redis: Redis,
        *,
        badges: Sequence[BadgeDefinition],
        clock: Clock,
    ) -> Baseline:
        """A consumer whose statements are prepared; badges known by heart."""
        statements = {name: await connection.prepare(sql) for name, sql in _STATEMENTS.items()}
        mining = [badge for badge in badges if badge.trigger_type in ("share_count", "best_diff")]
        return cls(connection, redis, badges=mining, clock=clock, statements=statements)

    async def drain(self) -> int:
        """Take what is in the stream; the number of events."""
        taken = 0
        while True:
            found: Any = await self._redis.xreadgroup(
                GROUP, "one-by-one", {SHARE_SUBMITTED: ">"}, count=_READ
            )
            if not found:
                return taken
            for entry_id, fields in found[0][1]:
                now = self._clock.now()
                share = decode(SHARE_SUBMITTED, entry_id.decode(), fields, Rules("mainnet", now))
                assert isinstance(share, Share)
                async with self._connection.transaction():
                    await self._reward(share, now)
                await self._tell(entry_id)
                taken += 1

    async def _tell(self, entry_id: bytes) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        if self._announced:
            pipeline.execute_command("PUBLISH", NUDGE, "1")
            self._announced.clear()
        pipeline.xack(SHARE_SUBMITTED, GROUP, entry_id)
        await pipeline.execute()

    async def _reward(self, share: Share, now: datetime) -> None:
        run = self._run
        if not await run["claim"].fetchval(share.key, share.digest, now.date()):
            return
        user_id = await run["find_user"].fetchval(share.address)
        if user_id is None:
            user_id = await run["add_user"].fetchval(share.address, now)
        worker_id = await run["meet_worker"].fetchval(
            user_id, worker_key(share.worker), share.worker, share.agent, share.source, share.at
        )
        await run["add_share"].fetchval(
            user_id, share.at, share.key, worker_id, share.diff, share.sdiff, share.accepted,
            share.errn, share.reject_reason, share.height, share.workinfoid, share.hash,
            share.source,
        )  # fmt: skip
        if not share.accepted:
            return
        day = share.at.date()
        new_week = await run["mark_week"].fetchval(
            user_id, get_week_iso(day), get_week_start(day), share.sdiff, 1 << day.weekday()
        )
        totals = await run["count"].fetchrow(user_id, share.sdiff, day, now)
        assert totals is not None
        if new_week:
            await self._recount_run(user_id)
        month, week = f"{day:%Y-%m}", get_week_iso(day)
        await run["set_bests"].fetchval(
            user_id, month, week, share.sdiff, share.at, share.key, worker_id
        )
        work = Decimal(share.diff)
        await run["add_to_day"].fetchval(user_id, day, worker_id, work, share.sdiff)
        await self._check_badges(user_id, share, totals, now)
        hundreds, rest = divmod(totals["total_shares"], SHARES_PER_XP)
        if rest == 0:
            key, reached = f"share:{user_id}:{hundreds}", hundreds * SHARES_PER_XP
            grant = (key, 1, "share", str(reached), f"{reached:,} shares", share.at)
            await self._grant(user_id, grant, now)
        for event in self._announced:
            payload, users = event.model_dump_json(), event.subjects()
            await run["announce"].fetchval(uuid7(), type(event).__name__, payload, users, now)

    async def _recount_run(self, user_id: int) -> None:
        weeks = await self._run["weeks"].fetch(user_id)
        found = streaks(row["week_start"] for row in weeks)
        last = found.last
        assert last.last is not None
        await self._run["set_run"].fetchval(
            user_id, last.weeks, found.longest, last.start, get_week_iso(last.last)
        )

    async def _check_badges(
        self, user_id: int, share: Share, totals: asyncpg.Record, now: datetime
    ) -> None:
        earned = {row["badge_slug"] for row in await self._run["earned"].fetch(user_id)}
        for badge in self._badges:
            counted = badge.trigger_type == "share_count"
            reached = totals["total_shares" if counted else "best_difficulty"]
            if reached < badge.trigger_config["threshold"] or badge.slug in earned:
                continue
            cause = {"share_id": str(share.key), "sdiff": share.sdiff, "worker": share.worker}
            if counted:
                cause["total_shares"] = reached
            metadata = orjson.dumps(cause).decode()
            if not await self._run["award"].fetchval(user_id, badge.slug, share.at, now, metadata):
                continue
            self._announced.append(_told(badge, user_id, share, cause))
            key, text = f"badge:{badge.slug}:{user_id}", f"Earned badge: {badge.name}"
            grant = (key, badge.xp_reward, "badge", badge.slug, text, share.at)
            await self._grant(user_id, grant, now)

    async def _grant(
        self, user_id: int, grant: tuple[str, int, str, str, str, datetime], now: datetime
    ) -> None:
        """Give XP once: (key, amount, source, source_id, description, at)."""
        _, amount, source, source_id, description, at = grant
        if not await self._run["grant"].fetchval(user_id, *grant, now):
            return
        total = await self._run["add_xp"].fetchrow(user_id, amount, int(source == "badge"))
        assert total is not None
        level = compute_level(total["total_xp"])
        if level.level != total["level"]:
            await self._run["set_level"].fetchval(user_id, level.level, level.title)
            self._announced.append(
                LevelUp(
                    user_id=user_id,
                    old_level=total["level"],
                    new_level=level.level,
                    title=level.title,
                    total_xp=total["total_xp"],
                    at=now,
                )
            )
        self._announced.append(
            XpGained(
                user_id=user_id,
                amount=amount,
                source=source,
                source_id=source_id,
                description=description,
                total_xp=total["total_xp"],
                total_after=total["total_xp"],
                level=level.level,
                at=at,
            )
        )


def _told(badge: BadgeDefinition, user_id: int, share: Share, cause: dict[str, Any]) -> BadgeEarned:
    return BadgeEarned(
        user_id=user_id,
        slug=badge.slug,
        name=badge.name,
        description=badge.description,
        category=badge.category,
        rarity=badge.rarity,
        xp_reward=badge.xp_reward,
        earned_at=share.at,
        metadata=cause,
    )
