"""Facts, made by hand and taken through the real projections on a real database."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from tbg.adapters.streams import Batch, BestDiff, BlockFound, Fact, Share
from tbg.app.ingest import PROJECTIONS
from tbg.core import inbox
from tbg.core.event import Event
from tbg.core.tx import Database, Tx

ALICE = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
BOB = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
CAROL = "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"

_count = itertools.count(1)


def key(name: object) -> UUID:
    """An event's identity."""
    return UUID(bytes=blake2b(str(name).encode(), digest_size=16).digest())


def share(
    at: datetime,
    *,
    user: str = ALICE,
    sdiff: float = 1000.0,
    accepted: bool = True,
    worker: str = "bitaxe",
    history: bool = False,
    name: object = None,
    diff: float = 512.0,
) -> Share:
    """One share; every call another one, unless `name` says which."""
    identity = key(next(_count) if name is None else name)
    errn = None if accepted else 23
    reason = None if accepted else "Above target"
    return Share(
        identity, 7, at, history, "hosted", user, worker, diff, sdiff, accepted, errn, reason,
        879_412, 1, None, None,
    )  # fmt: skip


def best(at: datetime, *, user: str = ALICE, sdiff: float) -> BestDiff:
    """The pool's word that a difficulty was reached."""
    return BestDiff(key(next(_count)), 7, at, False, "hosted", user, "bitaxe", sdiff)


def block(
    at: datetime,
    *,
    user: str = ALICE,
    height: int = 879_412,
    hash_: str = "00" * 32,
    backed: bool = True,
) -> BlockFound:
    """A block; only reported where it is not `backed`."""
    sdiff = 100_847_293_444_000.0
    return BlockFound(
        key(next(_count)), 7, at, False, "hosted", user, "bitaxe", height, hash_, sdiff,
        312_500_000, backed,
    )  # fmt: skip


async def play(db: Database, facts: Iterable[Fact]) -> list[Event]:
    """Take facts through the projections in one transaction; what it announced."""
    return (await commit(db, facts)).announced


async def commit(db: Database, facts: Iterable[Fact]) -> Tx:
    """Take facts through the projections in one transaction, and give it back."""
    batch = {fact.key: fact for fact in facts}
    async with db.transaction(owners="shared") as tx:
        claimed = await inbox.claim(tx, {key: fact.digest for key, fact in batch.items()})
        fresh = Batch.of({key: batch[key] for key in batch if key in claimed.fresh})
        if claimed.fresh:
            for project in PROJECTIONS:
                fresh = await project(tx, fresh)
    return tx


def on(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A moment, UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


async def value(db: Database, sql: str, **values: Any) -> Any:
    """One value."""
    async with db.transaction() as tx:
        return await tx.value(sql, **values)


async def rows(db: Database, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """Rows as plain tuples."""
    async with db.transaction() as tx:
        return [tuple(row) for row in await tx.rows(sql, **values)]


async def execute(db: Database, *statements: str) -> None:
    """Change the database directly, past the program."""
    async with db.transaction() as tx:
        for statement in statements:
            await tx.run(statement)


async def badges(db: Database, user: str = ALICE) -> set[str]:
    """The badges a miner has."""
    found = await rows(
        db,
        """
        SELECT badge_slug FROM user_badges JOIN user_addresses USING (user_id)
        WHERE address = :user
        """,
        user=user,
    )
    return {slug for (slug,) in found}


async def xp(db: Database, user: str = ALICE, *, source: str | None = None) -> int:
    """A miner's ledger sum, of one source or of all."""
    found = await value(
        db,
        """
        SELECT COALESCE(sum(amount), 0) FROM xp_ledger JOIN user_addresses USING (user_id)
        WHERE address = :user AND source = COALESCE(CAST(:source AS text), source)
        """,
        user=user,
        source=source,
    )
    return int(found)


async def told(db: Database, type_: str) -> list[dict[str, Any]]:
    """What was announced of one type, oldest first."""
    async with db.transaction() as tx:
        return [row[0] for row in await tx.rows(_TOLD, type=type_)]


_TOLD = "SELECT payload FROM outbox WHERE type = :type ORDER BY id"


async def state(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that must be the same for the same events, users named by their address.

    Left out is what the rules leave open: which share is named as a badge's cause, how share XP
    is cut into rows, what people were told.
    """
    return {name: await rows(db, sql) for name, sql in _STATE.items()}


_STATE = {
    "totals": """
        SELECT address, total_xp, level, level_title, badges_earned, current_streak,
            longest_streak, streak_start_date, last_active_week, total_shares, best_difficulty,
            blocks_found
        FROM user_gamification JOIN user_addresses USING (user_id) ORDER BY address
    """,
    "badges": """
        SELECT address, badge_slug FROM user_badges JOIN user_addresses USING (user_id)
        ORDER BY address, badge_slug
    """,
    "calendar": """
        SELECT address, week_iso, week_start, share_count, best_diff, days, is_active, paid
        FROM streak_calendar JOIN user_addresses USING (user_id) ORDER BY address, week_iso
    """,
    "xp": """
        SELECT address, source, CASE WHEN source <> 'share' THEN source_id END, sum(amount)
        FROM xp_ledger JOIN user_addresses USING (user_id) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """,
    "days": """
        SELECT address, day, name_key, accepted, rejected, work, best_sdiff
        FROM daily_shares d JOIN user_addresses USING (user_id) JOIN workers w ON w.id = worker_id
        ORDER BY address, day, name_key
    """,
    "bests": """
        SELECT address, timeframe, period_key, best_difficulty, at, share_id
        FROM personal_bests JOIN user_addresses USING (user_id)
        ORDER BY address, timeframe, period_key
    """,
    "shares": "SELECT id, at, sdiff, accepted FROM shares ORDER BY id",
    "blocks": """
        SELECT hash, height, address, confirmed_by FROM blocks JOIN user_addresses USING (user_id)
        ORDER BY hash, address
    """,
}
