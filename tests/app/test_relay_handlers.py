"""Delivery per message and handler: what one handler cannot take is nobody else's trouble."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from redis.asyncio import Redis
from sqlalchemy import event

from tbg.adapters.broadcast import Broadcast
from tbg.app.relay import Relay
from tbg.core import deliveries, limits, outbox
from tbg.core.clock import FixedClock
from tbg.core.event import PlayerEvent
from tbg.core.outbox import Delivery
from tbg.core.tx import Database, Tx
from tests.events import one


class Knocked(PlayerEvent):
    """Somebody knocked."""

    number: int
    refused: bool = False


class Heard:
    """Two handlers of the same event, and what each has taken."""

    def __init__(self) -> None:
        self.well: list[int] = []
        self.badly: list[int] = []
        self.is_broken = True

    async def good(self, tx: Tx, found: Sequence[Delivery]) -> None:
        """Take everything."""
        self.well += [d.event.number for d in found if isinstance(d.event, Knocked)]

    async def bad(self, tx: Tx, found: Sequence[Delivery]) -> None:
        """Take no refused one while it is broken."""
        numbers = [d.event for d in found if isinstance(d.event, Knocked)]
        if self.is_broken and any(knocked.refused for knocked in numbers):
            raise ValueError("fails every time")
        self.badly += [knocked.number for knocked in numbers]

    def relay(self, db: Database, redis: Redis) -> Relay:
        """A relay that has both, the broken one first."""
        return Relay(db, Broadcast(redis), handlers={Knocked: (self.bad, self.good)})


async def announce(db: Database, *events: PlayerEvent) -> None:
    async with db.transaction() as tx:
        for announced in events:
            tx.announce(announced)


async def test_a_failing_handler_parks_its_own_messages_while_1000_others_arrive(
    db: Database, redis: Redis, clock: FixedClock
) -> None:
    heard = Heard()
    relay = heard.relay(db, redis)
    for part in range(limits.RELAY_ATTEMPTS + 1):
        await announce(
            db,
            *(
                Knocked(number=n, user_id=1, refused=n == 7)
                for n in range(100 * part, 100 * part + 100)
            ),
        )
        await relay.drain()
        clock.move(timedelta(hours=2))
    everything = list(range(1100))
    assert list(dict.fromkeys(heard.well)) == everything
    assert sorted(set(heard.badly)) == [n for n in everything if n != 7]
    async with db.transaction() as tx:
        [parked] = await deliveries.parked(tx)
    assert (parked.payload["number"], parked.handler) == (7, "test_relay_handlers.bad")
    assert parked.attempts == limits.RELAY_ATTEMPTS
    assert await one(db, "SELECT count(*) FROM failed_deliveries") == 1


async def test_a_delivery_that_is_tried_again_reaches_only_the_handler_that_failed(
    db: Database, redis: Redis, clock: FixedClock
) -> None:
    heard = Heard()
    relay = heard.relay(db, redis)
    await announce(db, Knocked(number=1, user_id=1, refused=True))
    await relay.drain()
    heard.well.clear()  # tried together first, and rolled back with the transaction
    heard.is_broken = False
    clock.move(timedelta(seconds=2))
    assert await relay.drain() == 1
    assert (heard.well, heard.badly) == ([], [1])
    assert await one(db, "SELECT count(*) FROM failed_deliveries") == 0
    assert await relay.drain() == 0


async def test_a_delivery_to_a_handler_that_is_gone_is_kept_until_it_is_back(
    db: Database, redis: Redis, clock: FixedClock
) -> None:
    heard = Heard()
    await announce(db, Knocked(number=1, user_id=1, refused=True))
    await heard.relay(db, redis).drain()
    clock.move(timedelta(hours=2))
    await Relay(db, Broadcast(redis), handlers={Knocked: (heard.good,)}).drain()
    assert "no handler" in await one(db, "SELECT error FROM failed_deliveries")
    heard.is_broken = False
    clock.move(timedelta(hours=2))
    await heard.relay(db, redis).drain()
    assert heard.badly == [1]


async def test_a_message_that_can_be_read_again_reaches_all_its_handlers(
    db: Database, redis: Redis, clock: FixedClock
) -> None:
    heard = Heard()
    await announce(db, Knocked(number=1, user_id=1))
    async with db.transaction() as tx:
        await tx.run("UPDATE outbox SET type = 'Forgotten'")
    await heard.relay(db, redis).drain()
    assert await one(db, "SELECT handler FROM failed_deliveries") == "*"
    async with db.transaction() as tx:
        await tx.run("UPDATE outbox SET type = 'Knocked'")
    clock.move(timedelta(hours=2))
    await heard.relay(db, redis).drain()
    assert (heard.well, heard.badly) == ([1], [1])
    assert await one(db, "SELECT count(*) FROM failed_deliveries") == 0


async def test_messages_whose_handlers_all_succeed_cost_one_read_and_one_mark(
    db: Database, redis: Redis
) -> None:
    heard = Heard()
    relay = heard.relay(db, redis)
    await announce(db, *(Knocked(number=n, user_id=1) for n in range(50)))
    said: list[str] = []
    engine = db.engine.sync_engine

    def note(*words: object) -> None:
        said.append(" ".join(str(words[2]).split()[:2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert await relay.deliver() == 50
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert said == ["LOCK TABLE", "SELECT id,", "UPDATE outbox"]


async def test_a_message_that_was_not_delivered_to_all_is_not_forgotten_with_the_old_ones(
    db: Database, redis: Redis, clock: FixedClock
) -> None:
    heard = Heard()
    await announce(db, Knocked(number=1, user_id=1, refused=True), Knocked(number=2, user_id=1))
    await heard.relay(db, redis).drain()
    clock.move(limits.OUTBOX_KEPT + timedelta(seconds=1))
    async with db.transaction() as tx:
        assert await outbox.prune(tx) == 1
    heard.is_broken = False
    await heard.relay(db, redis).drain()
    assert 1 in heard.badly


async def test_an_erased_person_s_failed_deliveries_are_deleted_with_the_messages(
    db: Database, redis: Redis
) -> None:
    heard = Heard()
    await announce(db, *(Knocked(number=n, user_id=n, refused=True) for n in (1, 2)))
    await heard.relay(db, redis).drain()
    async with db.transaction() as tx:
        assert await outbox.forget(tx, [1]) == 1
        assert await tx.value("SELECT count(*) FROM failed_deliveries") == 1
