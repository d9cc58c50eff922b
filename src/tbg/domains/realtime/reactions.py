"""Events → numbered frames for their player, and frames for those who watch now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from tbg.core.domain import Handler
from tbg.core.event import PlayerEvent
from tbg.core.frames import (
    FeedItemData,
    Frame,
    FrameData,
    Look,
    Notice,
    Notification,
    Presenters,
    RewardData,
)
from tbg.core.outbox import Delivery
from tbg.core.tx import Tx
from tbg.domains.accounts.queries import Name, addresses
from tbg.domains.accounts.queries import names as names_of
from tbg.domains.realtime.schemas import NotificationData


def push_by(presenters: Presenters) -> Handler:
    """The handler of every event that has a presenter."""

    async def push(tx: Tx, deliveries: Sequence[Delivery]) -> None:
        """Write each event's frames under the player's next numbers, and show them.

        Users who were merged or erased have no address, and get no frames.
        """
        looks = [(one.event, presenters[type(one.event)](one.event)) for one in deliveries]
        users = sorted({event.user_id for event, _ in looks if isinstance(event, PlayerEvent)})
        first, names = await addresses(tx, users), await names_of(tx, users)
        own: list[tuple[int, FrameData]] = []
        public: list[Frame] = []
        for event, look in looks:
            if not isinstance(event, PlayerEvent):
                public += [] if look.frame is None else [Frame("pool", look.frame)]
            elif event.user_id in first:
                own += [(event.user_id, data) for data in own_data(look, at=tx.now)]
                address, name = first[event.user_id][0], names.get(event.user_id)
                public += _public_frames(look, address, name)
        await send(tx, own)
        for shown in public:
            tx.show(shown)

    return push


async def send(tx: Tx, frames: Sequence[tuple[int, FrameData]]) -> None:
    """Store frames under their users' next numbers, and show them."""
    for (user_id, data), number in zip(frames, await _store(tx, frames), strict=True):
        tx.show(Frame(f"me:{user_id}", data, id=number))


def own_data(look: Look, *, at: datetime) -> list[FrameData]:
    """What its player is sent of an event: its frame, which carries the notification if it can."""
    frame = look.frame
    if look.notice is None:
        return [] if frame is None else [frame]
    notification = _notification(look.notice, at=at)
    if isinstance(frame, RewardData):
        return [frame.model_copy(update={"notification": notification})]
    return [data for data in (frame, NotificationData(notification=notification)) if data]


def _notification(notice: Notice, *, at: datetime) -> Notification:
    return Notification(
        type=notice.domain,
        subtype=notice.subtype,
        title=notice.title,
        description=notice.description,
        timestamp=at,
        actionUrl=notice.action_url,
        actionLabel=notice.action_label,
        params=notice.params,
    )


def _public_frames(look: Look, address: str, name: Name | None) -> Iterator[Frame]:
    """Changes of the player's page, and the pool's feed line if the player is on lists.

    The notification is the player's alone.
    """
    if look.frame is not None and not look.private:
        yield Frame(f"miner:{address}", look.frame)
    for line in look.lines:
        yield Frame(f"miner:{address}", FeedItemData(**line.model_dump()))
    if look.pool_line is not None and name is not None:
        told = look.pool_line.model_dump() | {"id": f"{look.pool_line.id}-{name.name}"}
        yield Frame("pool", FeedItemData(**told, user=name.name, seed=name.seed))


async def _store(tx: Tx, frames: Sequence[tuple[int, FrameData]]) -> list[int]:
    """Give every frame its user's next number; counters are taken in ascending order."""
    if not frames:
        return []
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
        channels=[data.CHANNEL for _, data in frames],
        types=[data.TYPE for _, data in frames],
        data=[data.model_dump_json() for _, data in frames],
    )
    return ids
