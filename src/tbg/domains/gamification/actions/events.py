"""The generic `event` trigger: what other domains call when something of theirs earns a badge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from tbg.core.tx import Tx
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions.reward import Award, lock, reward
from tbg.domains.gamification.rules import EVENT_ALIASES


class Occurrence(NamedTuple):
    """An event that happened to a user. `silent`: it is history and notifies nobody.

    `badge`: it earns that badge alone; None: every badge of the event.
    """

    user_id: int
    at: datetime
    metadata: dict[str, Any]
    silent: bool = False
    badge: str | None = None


async def record_event(tx: Tx, *, event: str, user_ids: Sequence[int], at: datetime) -> None:
    """Award every badge that `event` earns to these users, each only once."""
    await record_occurrences(
        tx, event=event, occurrences=[Occurrence(user, at, {}) for user in user_ids]
    )


async def record_occurrences(tx: Tx, *, event: str, occurrences: Sequence[Occurrence]) -> None:
    """Award every badge that `event` earns, each only once, for its first occurrence."""
    name = EVENT_ALIASES.get(event, event)
    badges = [
        badge
        for badge in (await queries.badge_catalogue(tx)).values()
        if badge.trigger_type == "event" and badge.trigger_config["event"] == name
    ]
    if not badges or not occurrences:
        return
    await lock(tx, [one.user_id for one in occurrences])
    awards = [
        Award(one.user_id, badge, one.at, {"event": name, **one.metadata}, one.silent)
        for one in occurrences
        for badge in badges
        if one.badge in (None, badge.slug)
    ]
    await reward(tx, awards=awards)
