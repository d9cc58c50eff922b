"""Reads quests and who completed them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from tbg.core.tx import Tx
from tbg.domains.quests.rules import EXTERNAL, Quest

Key = tuple[int, str, str]
"""A user, a quest's slug and the key of a period: who completes what only once."""


def is_open(quest: Quest, facts: Iterable[str]) -> bool:
    """Whether anybody can complete a quest, when these facts are supplied."""
    return quest.fact == EXTERNAL or quest.fact in facts


class StoredQuest(NamedTuple):
    """A quest as the database has it; one that is not active is completed no more."""

    quest: Quest
    is_active: bool


async def every_quest(tx: Tx) -> list[StoredQuest]:
    """All quests there ever were, in the registry's order."""
    rows = await tx.rows(
        """
        SELECT slug, name, description, period, fact, threshold, xp, badge, starts, ends,
            sort_order, is_active
        FROM quest_definitions ORDER BY sort_order, slug
        """
    )
    return [StoredQuest(Quest(*row[:-1]), row.is_active) for row in rows]


async def quest_catalogue(tx: Tx) -> dict[str, Quest]:
    """All active quests by slug, in the registry's order."""
    return {item.quest.slug: item.quest for item in await every_quest(tx) if item.is_active}


async def completed_among(tx: Tx, keys: Sequence[Key]) -> dict[Key, datetime]:
    """Which of these were completed, and when."""
    if not keys:
        return {}
    rows = await tx.rows(
        """
        SELECT c.user_id, c.quest, c.period, c.at
        FROM unnest(:users ::bigint[], :quests ::text[], :periods ::text[])
            AS t (user_id, quest, period)
        JOIN quest_completions c ON c.user_id = t.user_id AND c.quest = t.quest
            AND c.period = t.period
        """,
        users=[key[0] for key in keys],
        quests=[key[1] for key in keys],
        periods=[key[2] for key in keys],
    )
    return {(row.user_id, row.quest, row.period): row.at for row in rows}


class Completed(NamedTuple):
    """A completion of a user."""

    quest: str
    period: str
    xp: int
    at: datetime


async def completions(
    tx: Tx, user_id: int, *, before: tuple[datetime, str, str] | None, most: int
) -> list[Completed]:
    """A user's completions, newest first: all, or those after the one that `before` names."""
    at, quest, period = before or (None, None, None)
    rows = await tx.rows(
        """
        SELECT quest, period, xp, at FROM quest_completions
        WHERE user_id = :user AND (CAST(:at AS timestamptz) IS NULL OR at < :at
            OR (at = :at AND (quest, period) > (:quest ::text, :period ::text)))
        ORDER BY user_id, at DESC, quest, period LIMIT :most
        """,
        user=user_id,
        at=at,
        quest=quest,
        period=period,
        most=most,
    )
    return [Completed(*row) for row in rows]


async def completion(tx: Tx, key: Key) -> Completed | None:
    """A completion; None if there is none."""
    row = await tx.row(
        """
        SELECT quest, period, xp, at FROM quest_completions
        WHERE user_id = :user AND quest = :quest AND period = :period
        """,
        user=key[0],
        quest=key[1],
        period=key[2],
    )
    return None if row is None else Completed(*row)


async def reported_before(tx: Tx, *, user_id: int, quest: str, request: str) -> Completed | None:
    """The completion that a request has made before, whatever time it is now."""
    row = await tx.row(
        """
        SELECT quest, period, xp, at FROM quest_completions
        WHERE user_id = :user AND quest = :quest AND request = :request
        """,
        user=user_id,
        quest=quest,
        request=request,
    )
    return None if row is None else Completed(*row)


async def causes(tx: Tx, user_id: int, source_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What is known of the causes of quests' XP, by `quest:period`."""
    keys = [(user_id, *source_id.split(":", 1)) for source_id in source_ids]
    rows = await tx.rows(
        """
        SELECT c.quest, c.period, c.cause::text AS cause
        FROM unnest(:quests ::text[], :periods ::text[]) AS t (quest, period)
        JOIN quest_completions c ON c.user_id = :user AND c.quest = t.quest
            AND c.period = t.period
        """,
        user=user_id,
        quests=[quest for _, quest, _ in keys],
        periods=[period for _, _, period in keys],
    )
    known = {
        f"{row.quest}:{row.period}": {"id": row.quest, "period": row.period}
        | orjson.loads(row.cause)
        for row in rows
    }
    return {source_id: known.get(source_id, {"id": source_id}) for source_id in source_ids}


async def waiting(tx: Tx, after: int, most: int) -> list[int]:
    """The first users after an id whose progress has to be evaluated."""
    rows = await tx.rows(
        """
        SELECT DISTINCT user_id FROM quest_waiting WHERE user_id > :after
        ORDER BY user_id LIMIT :most
        """,
        after=after,
        most=most,
    )
    return [row.user_id for row in rows]
