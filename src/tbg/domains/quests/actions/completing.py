"""Completes quests exactly once: the key of user, quest and period decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from tbg.core.tx import Tx
from tbg.domains.gamification.actions import Grant, lock, record_occurrences, reward
from tbg.domains.gamification.actions.events import Occurrence
from tbg.domains.quests.events import QuestCompleted
from tbg.domains.quests.queries import Key
from tbg.domains.quests.rules import COMPLETED, Quest


class Completion(NamedTuple):
    """A quest that a user completed in a period, with the time of what completed it.

    `reported_by` and `request`: the system that said so, and its idempotency key, if it was asked
    over HTTP. `silent`: it notifies nobody.
    """

    user_id: int
    quest: Quest
    period: str
    at: datetime
    cause: Mapping[str, Any] = {}
    reported_by: str | None = None
    request: str | None = None
    silent: bool = False

    @property
    def key(self) -> Key:
        """What decides that it is paid once."""
        return self.user_id, self.quest.slug, self.period


async def complete(tx: Tx, completions: Sequence[Completion]) -> list[Completion]:
    """Complete quests, with their XP and badges; those that were new.

    In a transaction with the owners shared.
    """
    first: dict[Key, Completion] = {}
    for one in sorted(completions, key=lambda one: (one.key, one.at)):
        first.setdefault(one.key, one)
    if not first:
        return []
    await lock(tx, [one.user_id for one in first.values()])
    new = await _write(tx, first)
    await reward(tx, grants=[_grant(one) for one in new])
    await record_occurrences(
        tx,
        event=COMPLETED,
        occurrences=[
            Occurrence(one.user_id, one.at, _of_badge(one), one.silent, one.quest.badge)
            for one in new
            if one.quest.badge is not None
        ],
    )
    for one in new:
        if not one.silent:
            tx.announce(_event(one))
    return new


async def _write(tx: Tx, first: Mapping[Key, Completion]) -> list[Completion]:
    ordered = list(first.values())
    rows = await tx.rows(
        """
        INSERT INTO quest_completions (user_id, quest, period, at, written_at, xp, reported_by,
            request, cause)
        SELECT user_id, quest, period, at, :now, xp, reported_by, request, cause
        FROM unnest(:users ::bigint[], :quests ::text[], :periods ::text[],
            :ats ::timestamptz[], :xps ::integer[], :reporters ::text[], :requests ::text[],
            :causes ::jsonb[])
            AS t (user_id, quest, period, at, xp, reported_by, request, cause)
        ON CONFLICT DO NOTHING RETURNING user_id, quest, period
        """,
        now=tx.now,
        users=[one.user_id for one in ordered],
        quests=[one.quest.slug for one in ordered],
        periods=[one.period for one in ordered],
        ats=[one.at for one in ordered],
        xps=[one.quest.xp for one in ordered],
        reporters=[one.reported_by for one in ordered],
        requests=[one.request for one in ordered],
        causes=[orjson.dumps(_cause(one)).decode() for one in ordered],
    )
    written = {(row.user_id, row.quest, row.period) for row in rows}
    return sorted(
        (one for key, one in first.items() if key in written),
        key=lambda one: (one.user_id, one.at, one.quest.sort_order, one.quest.slug, one.period),
    )


def _cause(one: Completion) -> dict[str, Any]:
    """What the reward feed says: the goal, and what reached it."""
    goal = {"fact": one.quest.fact, "threshold": one.quest.threshold}
    told = {"reported_by": one.reported_by} if one.reported_by else {}
    return goal | told | dict(one.cause) | {"at": one.at.isoformat()}


def _of_badge(one: Completion) -> dict[str, Any]:
    return {"quest": one.quest.slug, "period": one.period}


def _grant(one: Completion) -> Grant:
    return Grant(
        one.user_id,
        f"quest:{one.user_id}:{one.quest.slug}:{one.period}",
        one.quest.xp,
        "quest",
        f"{one.quest.slug}:{one.period}",
        f"Quest completed: {one.quest.name}",
        one.at,
        one.silent,
    )


def _event(one: Completion) -> QuestCompleted:
    return QuestCompleted(
        user_id=one.user_id,
        quest=one.quest.slug,
        name=one.quest.name,
        description=one.quest.description,
        period=one.period,
        xp=one.quest.xp,
        badge=one.quest.badge,
        at=one.at,
    )
