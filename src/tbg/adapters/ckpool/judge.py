"""Reports of ckpool.log are published when other records agree; until then they wait.

A connection needs a worker that has sent a share (sharelog) or that ckpool counts (`users/*`). A
block is a report until its share is known to reach the network's difficulty (`blocks.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tbg.adapters.ckpool import evidence
from tbg.adapters.ckpool.batch import Counts, PendingBatch
from tbg.adapters.ckpool.blocks import SolvingShare, candidates, is_backed
from tbg.adapters.ckpool.files import LogDir
from tbg.adapters.ckpool.poollog import ConnectionChange, Solved
from tbg.adapters.ckpool.record import Difficulty, Record, UnbackedBlock, worker_of
from tbg.adapters.streams import BLOCK_FOUND
from tbg.core import limits

TAIL_SECONDS = 900
"""A tail that has not grown for this long has no writer left (ckpool keeps jobs for 600 s)."""

DAY_SECONDS = 86_400
"""A report without backing for this long is looked at again only when a collector starts."""

SHARE_SECONDS = 60
"""How long to wait for the share of the logged difficulty, which ckpool writes within milliseconds;
then the worker's best share counts, if it is a block: a forged line may have hidden its difficulty.
"""

LOOK_SECONDS = 300
"""Longest time until a block is checked again."""

LOOK_HEIGHTS = 4
"""Most heights that one sweep looks at: each costs reading all its shares, and anybody who writes
lines into ckpool.log can make up blocks at any height with shares."""

USERS_SECONDS = 30
"""How often `users/*` is read for workers that no other record knows: ckpool writes it once a
minute.
"""

LOST = "no sharelog has a line for a solved block"


@dataclass(slots=True)
class Judge:
    """Decides for one source which reports of ckpool.log are confirmed by now."""

    logs: LogDir
    record: Record
    source: str
    network: str
    counts: Counts
    _status: evidence.Status | None = field(default=None, init=False)
    _asked: int = field(default=0, init=False)
    _newest: set[int] = field(default_factory=set, init=False)
    _looked: dict[int, int] = field(default_factory=dict, init=False)

    def look(self, heights: list[str]) -> None:
        """Read what ckpool says of the pool and of the network it works for now."""
        self._newest = {int(height, 16) for height in heights[-2:]}
        before, self._status = self._status, evidence.status(self.logs)
        now = self._status
        if now is None or now == before or not heights:
            return
        period = int(heights[-1], 16) // evidence.PERIOD_BLOCKS
        if now.difficulty is not None:
            self.record.learn(period, Difficulty(now.difficulty, now.at))
        else:
            self.record.no_block(period, now.best)

    def knows(self, connection: ConnectionChange, batch: PendingBatch) -> bool:
        """Whether a connection's worker has sent a share."""
        worker = worker_of(connection.fields)
        return worker in batch.notes.workers or self.record.knows(worker)

    def connections(self, batch: PendingBatch, *, now: int, anyway: bool) -> None:
        """Put the connections of workers that are known by now into the batch."""
        left: dict[str, list[ConnectionChange]] = defaultdict(list)
        for connection, known in self.record.waiting():
            if known:
                self._release(connection, batch, now)
            else:
                left[connection.fields["user"]].append(connection)
        if anyway or now - self._asked >= USERS_SECONDS:
            self._asked = now
            for address, waiting in left.items():
                user = evidence.user(self.logs, address)
                for connection in waiting:
                    if user is not None and connection.fields["worker"] in user.bests:
                        self._release(connection, batch, now)
        self.counts.unknown_workers = sum(map(len, left.values()))

    def _release(self, connection: ConnectionChange, batch: PendingBatch, now: int) -> None:
        fields = connection.fields | {"source": self.source}
        batch.entries.append((connection.stream, _dated(fields, now)))
        batch.notes.released.append(connection.fields["event_id"])
        batch.sums.connections += 1

    def blocks(self, batch: PendingBatch, *, now: int, first: bool, once: bool) -> Iterator[Solved]:
        """Put what is known about solved blocks into the batch; return those whose share is lost.

        `first`: look at all of them, not only at those that are due; `once`: do not wait for a
        share.
        """
        self.counts.unmatched_blocks = 0
        waiting: dict[int, list[UnbackedBlock]] = defaultdict(list)
        for open_ in self.record.unsettled():
            if now - open_.seen < DAY_SECONDS or (first and not open_.given_up):
                waiting[open_.block.height].append(open_)
        turn = set(waiting) if first else self._turn(waiting, now)
        self._looked = {
            height: now if height in turn else self._looked.get(height, 0) for height in waiting
        }
        for height, opens in waiting.items():
            if height in turn:
                yield from self._look_at(height, opens, batch, now=now, once=once)
            else:
                left = sum(not (open_.given_up or open_.reported) for open_ in opens)
                self.counts.unmatched_blocks += left

    def _turn(self, waiting: dict[int, list[UnbackedBlock]], now: int) -> set[int]:
        """The heights that are due: the newest, then those not checked for longest.

        The older a block, the less often: a share that is missing after a minute is late.
        """
        due = [
            height
            for height, opens in waiting.items()
            if now - self._looked.get(height, 0)
            >= min((now - max(open_.seen for open_ in opens)) // 8, LOOK_SECONDS)
        ]
        due.sort(key=lambda height: (height not in self._newest, self._looked.get(height, 0)))
        return set(due[:LOOK_HEIGHTS])

    def _look_at(
        self, height: int, opens: list[UnbackedBlock], batch: PendingBatch, *, now: int, once: bool
    ) -> Iterator[Solved]:
        solved = [open_.block for open_ in opens]
        found = candidates(solved, self.logs, self.source, network=self.network)
        period = height // evidence.PERIOD_BLOCKS
        difficulty, easier = self.record.difficulty(period), self.record.too_easy(period)
        status = self._status

        def backed(share: SolvingShare | None) -> bool:
            return share is not None and is_backed(
                share, self.logs, status, difficulty, easier=easier
            )

        for open_ in opens:
            share, best = found[open_.block]
            is_block = backed(share)
            if not is_block and now - open_.seen >= SHARE_SECONDS and backed(best):
                share, is_block = best, True
            if share is not None:
                self._judge(open_, share, batch, backed=is_block, now=now)
            elif not open_.given_up:
                late = open_.block.at < now - TAIL_SECONDS
                if late and (once or open_.seen < now - TAIL_SECONDS):
                    batch.sums.lost_blocks += 1
                    batch.given_up.append(open_.block)
                    yield open_.block
                else:
                    self.counts.unmatched_blocks += 1

    def _judge(
        self,
        open_: UnbackedBlock,
        share: SolvingShare,
        batch: PendingBatch,
        *,
        backed: bool,
        now: int,
    ) -> None:
        if backed:
            batch.entries.append((BLOCK_FOUND, _dated(share.backed, now)))
            batch.settled.append(open_.block)
            batch.sums.blocks += 1
        elif not open_.reported:
            batch.entries.append((BLOCK_FOUND, _dated(share.report, now)))
            batch.notes.reported.append(open_.block)
            batch.sums.reported_blocks += 1


def _dated(fields: dict[str, str], now: int) -> dict[str, str]:
    if float(fields["ts"]) < now - limits.HISTORY_AFTER.total_seconds():
        return fields | {"history": "true"}
    return fields
