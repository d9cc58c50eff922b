"""Events → numbered frames for their miner, and the same at once for whoever watches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import orjson

from tbg.core.domain import Handler
from tbg.core.event import Event, Frame
from tbg.core.outbox import Delivery
from tbg.core.tx import Tx
from tbg.domains.accounts.events import AccountChanged
from tbg.domains.accounts.queries import addresses
from tbg.domains.accounts.queries import names as names_of
from tbg.domains.gamification.events import (
    BadgeEarned,
    LevelUp,
    PersonalBest,
    SilentRewards,
    StreakBroken,
    StreakExpiring,
    StreakExtended,
    XpGained,
)
from tbg.domains.mining.events import BlockRecorded
from tbg.domains.realtime.rules import Shown, feed_item_of, frames_of


async def push(tx: Tx, deliveries: Sequence[Delivery]) -> None:
    """Write each event's frames under the miner's next numbers, and show them.

    Who was merged or erased meanwhile has no address: what was to be told him, nobody is told.
    """
    at = tx.now.isoformat()
    users = sorted({one.event.user_id for one in deliveries})  # type: ignore[attr-defined]
    first, names = await addresses(tx, users), await names_of(tx, users)
    known = [one for one in deliveries if one.event.user_id in first]  # type: ignore[attr-defined]
    frames = [
        (delivery.event.user_id, shown)  # type: ignore[attr-defined]
        for delivery in known
        for shown in frames_of(delivery.event, at=at)
    ]
    if not frames:
        return
    ids = await _store(tx, frames)
    for (user_id, shown), number in zip(frames, ids, strict=True):
        tx.show(Frame(shown.channel, f"me:{user_id}", shown.type, shown.data, id=number))
        if shown.public:
            subject = f"miner:{first[user_id][0]}"
            tx.show(Frame(shown.channel, subject, shown.type, shown.data))
    for delivery in known:
        item = feed_item_of(delivery.event, id_=str(delivery.message_id), at=at)
        who = names.get(delivery.event.user_id)  # type: ignore[attr-defined]
        if item is not None and who is not None:
            item |= {"user": who.name, "seed": who.seed}
            tx.show(Frame("dashboard", "pool", "feed_item", item))


async def _store(tx: Tx, frames: Sequence[tuple[int, Shown]]) -> list[int]:
    """Give every frame its user's next number; counters are taken in ascending order."""
    counts = Counter(user_id for user_id, _ in frames)
    users = sorted(counts)
    rows = await tx.rows(
        """
        INSERT INTO frame_counters AS c (user_id, last_id)
        SELECT * FROM unnest(:users ::bigint[], :counts ::bigint[])
        ON CONFLICT (user_id) DO UPDATE SET last_id = c.last_id + excluded.last_id
        RETURNING user_id, last_id
        """,
        users=users,
        counts=[counts[user] for user in users],
    )
    following = {row.user_id: row.last_id - counts[row.user_id] for row in rows}
    ids = []
    for user_id, _ in frames:
        following[user_id] += 1
        ids.append(following[user_id])
    await tx.run(
        """
        INSERT INTO frames (user_id, id, channel, type, data, created_at)
        SELECT t.*, :now FROM unnest(:users ::bigint[], :ids ::bigint[], :channels ::text[],
            :types ::text[], :data ::jsonb[]) AS t
        """,
        now=tx.now,
        users=[user_id for user_id, _ in frames],
        ids=ids,
        channels=[shown.channel for _, shown in frames],
        types=[shown.type for _, shown in frames],
        data=[orjson.dumps(shown.data).decode() for _, shown in frames],
    )
    return ids


HANDLERS: Mapping[type[Event], tuple[Handler, ...]] = MappingProxyType(
    dict.fromkeys(
        (
            BlockRecorded,
            BadgeEarned,
            XpGained,
            LevelUp,
            PersonalBest,
            StreakExtended,
            StreakBroken,
            StreakExpiring,
            SilentRewards,
            AccountChanged,
        ),
        (push,),
    )
)
