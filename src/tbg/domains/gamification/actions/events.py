"""The generic `event` trigger: what other domains call when something of theirs earns a badge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tbg.core.tx import Tx
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions.reward import Award, lock, reward
from tbg.domains.gamification.rules import EVENT_ALIASES


async def record_event(
    tx: Tx,
    *,
    event: str,
    user_ids: Sequence[int],
    at: datetime,
    metadata: dict[str, Any] | None = None,
    silent: bool = False,
) -> None:
    """Award every badge that `event` earns to these users, each only once."""
    name = EVENT_ALIASES.get(event, event)
    badges = [
        badge
        for badge in (await queries.badge_catalogue(tx)).values()
        if badge.trigger_type == "event" and badge.trigger_config["event"] == name
    ]
    if not badges or not user_ids:
        return
    await lock(tx, user_ids)
    cause = {"event": name, **(metadata or {})}
    awards = [Award(user, badge, at, cause, silent) for user in user_ids for badge in badges]
    await reward(tx, awards=awards)
