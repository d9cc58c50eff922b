"""Out of the collector: a batch into Redis with its receipt, then into the record."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from prometheus_client import Counter

from tbg.adapters.ckpool.batch import PendingBatch
from tbg.adapters.ckpool.record import GIVEN_UP, Record
from tbg.adapters.streams import Publisher
from tbg.adapters.streams.game import Game, read_game
from tbg.core import limits
from tbg.core.clock import Clock
from tbg.core.errors import BadArguments, CannotRun
from tbg.core.kept import KeptLines
from tbg.core.telemetry import log

ROOM_SECONDS = 10.0
"""Waiting longer than this for room in the streams is worth a word."""

COLLECTED = Counter(
    "tbg_collect_events_total", "Events published and lines quarantined", ["source", "outcome"]
)
NOTICES = Counter(
    "tbg_collect_notices_total", "Lines quarantined and alarms, by kind", ["source", "kind"]
)
LOST_BATCHES = Counter("tbg_collect_lost_batches_total", "Batches that Redis lost", ["source"])

_BATCH = re.compile(r"[0-9]{1,15}")
_log = log("collect")


class RedisLost(Exception):
    """Redis has lost events of this collector; the record has been reset."""


class NoGame(Exception):
    """No game has used this Redis yet, or Redis has lost everything: there is no game to serve."""


@dataclass(slots=True)
class Outlet:
    """The destinations of the batches of one source, in this order: Redis, quarantine, record.

    `network`: that of the settings. `declare` says what the game is where its database can be
    asked, for a Redis that does not know.
    """

    source: str
    publisher: Publisher
    record: Record
    quarantine: KeptLines
    clock: Clock
    network: str
    declare: Callable[[], Awaitable[Game]] | None = None

    @property
    def receipt(self) -> str:
        """The key in Redis that holds the record's id and the number of its last batch."""
        return f"mining:collect:{self.source}"

    def _now(self) -> int:
        return int(self.clock.now().timestamp())

    async def require_game(self) -> None:
        """Refuse to publish to a game of another network, a demo, or no game (NoGame)."""
        game = await read_game(self.publisher.redis)
        if game is None and self.declare:
            game = await self.declare()
        if game is None:
            raise NoGame(
                "no game has used this Redis yet: start the game (`tbg up`, or `tbg ingest`)"
            )
        if game.network != self.network:
            raise BadArguments(
                f"the game on this Redis is on {game.network}, but TBG_NETWORK is {self.network}: "
                f"set TBG_NETWORK={game.network}, or TBG_REDIS_URL to a game on {self.network}; "
                "nothing was published"
            )
        if game.demo:
            raise CannotRun(
                "the game on this Redis is a demo, whose simulated miners stay in its data "
                "permanently: start a separate game for the pool in another folder (`make up "
                "DEMO=0 DATA=…`); nothing was published"
            )

    async def check(self, *, since: int | None) -> None:
        """Compare the receipt in Redis with the record; RedisLost when they do not agree."""
        await self.require_game()
        record = self.record
        left = await self.publisher.redis.get(self.receipt)
        whose, number = _receipt(left)
        if record.new:
            floor = since or 0
            if whose not in ("", record.id) and since is None:
                floor = self._now() - int(limits.EVENT_AGE.total_seconds())
                _log.warning("record_lost", source=self.source, record=str(record.path))
            record.begin_at(floor)
        elif whose == record.id and number > record.batch:
            record.save((), batch=number)  # killed before it was written down
        elif (whose, number) != (record.id, record.batch) and record.batch:
            self._lost(number if whose == record.id else 0)

    def read_again(self) -> int:
        """Set back what may be readable by now, or on this network; how many files."""
        files = self.record.read_again(network=self.network, now=self._now())
        if files:
            _log.info("read_again", source=self.source, files=files, network=self.network)
        return files

    async def flush(
        self, batch: PendingBatch, *, again: bool, recorded: Callable[[], None]
    ) -> None:
        """Publish what was read, then record it; RedisLost as in `check`.

        `again`: solved blocks in it are published even if they were before. `recorded` is called
        when it is, also if Redis then turns out to have lost batches before it.
        """
        record = self.record
        number = record.batch
        left: bytes | None = None
        if batch.entries:
            await self._room()
            await self.require_game()
            number += 1
            receipt = f"{record.id} {number}"
            replies = await self.publisher.publish(
                batch.entries, also=[("GETSET", self.receipt, receipt)]
            )
            left = replies[-1]
        if batch.bad:
            _log.warning("quarantined", source=self.source, lines=len(batch.bad))
            self.quarantine.write(batch.bad)
        for progress in batch.sources.values():
            progress.batch = number
        COLLECTED.labels(self.source, "published").inc(len(batch.entries))
        COLLECTED.labels(self.source, "quarantined").inc(len(batch.bad))
        before = record.batch
        record.save(
            batch.files.values(),
            batch=number,
            solved=batch.solved,
            again=again,
            now=self._now(),
            settled=[(b, number) for b in batch.settled] + [(b, GIVEN_UP) for b in batch.given_up],
            held=batch.held.values(),
            notes=batch.notes,
        )
        recorded()
        if batch.entries and before:
            whose, was = _receipt(left)
            # A higher number is this batch, sent twice over a broken connection.
            if whose != record.id or was < before:
                self._lost(was if whose == record.id else 0)

    async def _room(self) -> None:
        try:
            async with asyncio.timeout(ROOM_SECONDS):
                await self.publisher.wait_for_room()
        except TimeoutError:
            _log.warning("streams_full", source=self.source, hint="`tbg doctor` says why")
            await self.publisher.wait_for_room()

    def _lost(self, after: int) -> None:
        batches = self.record.batch - after
        LOST_BATCHES.labels(self.source).inc(batches)
        _log.error("redis_lost_batches", source=self.source, batches=batches)
        self.record.forget(after)
        raise RedisLost


def _receipt(left: bytes | None) -> tuple[str, int]:
    """The record and batch that a receipt names; empty if it is not a receipt."""
    whose, _, number = (left or b"").decode(errors="replace").partition(" ")
    return (whose, int(number)) if _BATCH.fullmatch(number) else ("", 0)
