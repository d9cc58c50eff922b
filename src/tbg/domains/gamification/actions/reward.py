"""Grants badges and XP exactly once: every award and grant has a key, and the key decides.

Ledger row, badge row and totals change in one transaction, for many users in a handful of
statements, with user rows locked in ascending order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from tbg.core.tx import AnyRow, Tx
from tbg.domains.gamification import queries
from tbg.domains.gamification.events import BadgeEarned, LevelUp, XpGained
from tbg.domains.gamification.rules import XP_SOURCES, compute_level


class Award(NamedTuple):
    """A badge for a user, with the time of its cause. `silent`: history, without a notification."""

    user_id: int
    badge: queries.BadgeDefinition
    at: datetime
    metadata: dict[str, Any]
    silent: bool = False


class Grant(NamedTuple):
    """XP for a user. `key` is unique per user: granting it twice changes nothing."""

    user_id: int
    key: str
    amount: int
    source: str
    source_id: str | None
    description: str
    at: datetime
    silent: bool = False


async def lock(tx: Tx, user_ids: Iterable[int]) -> dict[int, AnyRow]:
    """Lock the users' totals in ascending order, making those that are not there yet."""
    ids = sorted(set(user_ids))
    found = await tx.rows(_LOCK, ids=ids)
    if len(found) < len(ids):
        there = {row.user_id for row in found}
        await tx.run(
            """
            INSERT INTO user_gamification (user_id, updated_at)
            SELECT id, :now FROM unnest(:ids ::bigint[]) AS t (id) ORDER BY id
            ON CONFLICT DO NOTHING
            """,
            ids=[user_id for user_id in ids if user_id not in there],
            now=tx.now,
        )
        found = await tx.rows(_LOCK, ids=ids)
    return {row.user_id: row for row in found}


_LOCK = """
SELECT user_id, total_xp, level, level_told, total_shares, best_difficulty, best_on,
    current_streak, longest_streak, streak_start_date, last_active_week, freezes_held,
    freezes_switched
FROM user_gamification WHERE user_id = ANY(:ids ::bigint[]) ORDER BY user_id FOR UPDATE
"""


async def reward(
    tx: Tx, *, awards: Sequence[Award] = (), grants: Sequence[Grant] = ()
) -> list[Grant]:
    """Give badges and XP; what was given before is passed over. The grants that were new.

    The caller holds the users' locks (`lock`).
    """
    given = await _award(tx, awards)
    badge_grants = [
        Grant(
            award.user_id,
            f"badge:{award.badge.slug}:{award.user_id}",
            award.badge.xp_reward,
            "badge",
            award.badge.slug,
            f"Earned badge: {award.badge.name}",
            award.at,
            award.silent,
        )
        for award in given
    ]
    new = await _write_ledger(tx, [*badge_grants, *grants])
    badges: dict[int, int] = defaultdict(int)
    for award in given:
        badges[award.user_id] += 1
        if not award.silent:
            badge = award.badge
            tx.announce(
                BadgeEarned(
                    user_id=award.user_id,
                    slug=badge.slug,
                    name=badge.name,
                    description=badge.description,
                    category=badge.category,
                    rarity=badge.rarity,
                    xp_reward=badge.xp_reward,
                    earned_at=award.at,
                    metadata=award.metadata,
                )
            )
    await _add_up(tx, new, badges)
    await _remember_silent(tx, new, [award for award in given if award.silent])
    return new


async def _award(tx: Tx, awards: Sequence[Award]) -> list[Award]:
    first: dict[tuple[int, str], Award] = {}
    for award in sorted(awards, key=lambda a: (a.user_id, a.badge.slug, a.at)):
        first.setdefault((award.user_id, award.badge.slug), award)
    if not first:
        return []
    rows = await tx.rows(
        """
        INSERT INTO user_badges (user_id, badge_slug, earned_at, awarded_at, metadata)
        SELECT user_id, slug, at, :now, metadata FROM unnest(:users ::bigint[],
            :slugs ::text[], :ats ::timestamptz[], :metadata ::jsonb[])
            AS t (user_id, slug, at, metadata)
        ON CONFLICT DO NOTHING RETURNING user_id, badge_slug
        """,
        now=tx.now,
        users=[award.user_id for award in first.values()],
        slugs=[award.badge.slug for award in first.values()],
        ats=[award.at for award in first.values()],
        metadata=[orjson.dumps(award.metadata).decode() for award in first.values()],
    )
    given = [first[row.user_id, row.badge_slug] for row in rows]
    # In the order in which they were earned: so they are announced, and so a page shows them.
    return sorted(given, key=lambda a: (a.user_id, a.at, a.badge.sort_order, a.badge.slug))


async def _write_ledger(tx: Tx, grants: Sequence[Grant]) -> list[Grant]:
    by_key = {(grant.user_id, grant.key): grant for grant in grants if grant.amount}
    if not by_key:
        return []
    ordered = [by_key[key] for key in sorted(by_key)]
    for grant in ordered:
        _check_source(grant)
    rows = await tx.rows(
        """
        INSERT INTO xp_ledger (user_id, idempotency_key, amount, source, source_id,
            description, created_at, written_at)
        SELECT t.*, :now FROM unnest(:users ::bigint[], :keys ::text[], :amounts ::bigint[],
            :sources ::text[], :source_ids ::text[], :descriptions ::text[],
            :ats ::timestamptz[]) AS t
        ON CONFLICT DO NOTHING RETURNING user_id, idempotency_key
        """,
        now=tx.now,
        users=[grant.user_id for grant in ordered],
        keys=[grant.key for grant in ordered],
        amounts=[grant.amount for grant in ordered],
        sources=[grant.source for grant in ordered],
        source_ids=[grant.source_id for grant in ordered],
        descriptions=[grant.description for grant in ordered],
        ats=[grant.at for grant in ordered],
    )
    return [by_key[row.user_id, row.idempotency_key] for row in rows]


def _check_source(grant: Grant) -> None:
    """Refuse what a merge could not grant again under the key of another user."""
    if grant.source not in XP_SOURCES:
        raise ValueError(f"no XP source is called {grant.source}: add it to XP_SOURCES in rules.py")
    begin = f"{grant.source}:{grant.user_id}:"
    if not XP_SOURCES[grant.source] and not grant.key.startswith((begin, "correction:")):
        raise ValueError(f"the key {grant.key} does not begin with {begin}")


async def _add_up(tx: Tx, grants: Sequence[Grant], badges: dict[int, int]) -> None:
    xp: dict[int, int] = defaultdict(int)
    entries: dict[int, int] = defaultdict(int)
    loud: set[int] = set()
    for grant in grants:
        xp[grant.user_id] += grant.amount
        entries[grant.user_id] += 1
        if not grant.silent:
            loud.add(grant.user_id)
    users = sorted({*xp, *badges})
    if not users:
        return
    rows = await tx.rows(
        """
        UPDATE user_gamification g SET total_xp = g.total_xp + t.xp,
            xp_entries = g.xp_entries + t.entries, badges_earned = g.badges_earned + t.badges,
            updated_at = :now
        FROM unnest(:users ::bigint[], :xp ::bigint[], :entries ::bigint[],
            :badges ::integer[]) AS t (user_id, xp, entries, badges)
        WHERE g.user_id = t.user_id
        RETURNING g.user_id, g.total_xp, g.level, g.level_told
        """,
        now=tx.now,
        users=users,
        xp=[xp[user] for user in users],
        entries=[entries[user] for user in users],
        badges=[badges.get(user, 0) for user in users],
    )
    await _set_levels(tx, rows, loud)
    totals = {row.user_id: row.total_xp for row in rows}
    after = {user: total - xp[user] for user, total in totals.items()}
    for grant in grants:
        after[grant.user_id] += grant.amount
        if not grant.silent:
            total = totals[grant.user_id]
            tx.announce(
                XpGained(
                    user_id=grant.user_id,
                    amount=grant.amount,
                    source=grant.source,
                    source_id=grant.source_id,
                    description=grant.description,
                    total_xp=total,
                    total_after=after[grant.user_id],
                    level=compute_level(total).level,
                    at=grant.at,
                )
            )


async def _set_levels(tx: Tx, rows: Sequence[AnyRow], loud: set[int]) -> None:
    """Write the levels that changed; a level is announced once, however often it is reached."""
    moved = [(row, level) for row in rows if (level := compute_level(row.total_xp))[0] != row.level]
    if not moved:
        return
    await tx.run(
        """
        UPDATE user_gamification g SET level = t.level, level_title = t.title,
            level_told = GREATEST(g.level_told, t.level)
        FROM unnest(:users ::bigint[], :levels ::smallint[], :titles ::text[])
            AS t (user_id, level, title)
        WHERE g.user_id = t.user_id
        """,
        users=[row.user_id for row, _ in moved],
        levels=[level.level for _, level in moved],
        titles=[level.title for _, level in moved],
    )
    for row, level in moved:
        if level.level > row.level_told and row.user_id in loud:
            tx.announce(
                LevelUp(
                    user_id=row.user_id,
                    old_level=row.level,
                    new_level=level.level,
                    title=level.title,
                    total_xp=row.total_xp,
                    at=tx.now,
                )
            )


async def _remember_silent(tx: Tx, grants: Sequence[Grant], awards: Sequence[Award]) -> None:
    """Add up what history earned, for the single summary at its end."""
    badges: dict[int, int] = defaultdict(int)
    xp: dict[int, int] = defaultdict(int)
    for award in awards:
        badges[award.user_id] += 1
    for grant in grants:
        if grant.silent:
            xp[grant.user_id] += grant.amount
    users = sorted({*badges, *xp})
    if not users:
        return
    await tx.run(
        """
        INSERT INTO silent_rewards AS s (user_id, badges, xp, last_at)
        SELECT t.*, :now FROM unnest(:users ::bigint[], :badges ::integer[], :xp ::bigint[])
            AS t
        ON CONFLICT (user_id) DO UPDATE SET badges = s.badges + excluded.badges,
            xp = s.xp + excluded.xp, last_at = excluded.last_at
        """,
        now=tx.now,
        users=users,
        badges=[badges[user] for user in users],
        xp=[xp[user] for user in users],
    )
