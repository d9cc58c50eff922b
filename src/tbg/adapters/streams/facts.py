"""Facts: what an event says, typed and checked. `key` is the event's identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID


class Share(NamedTuple):
    """A share, accepted or not. `diff` is the difficulty requested, `sdiff` the one reached."""

    key: UUID
    digest: int
    at: datetime
    history: bool
    source: str
    address: str
    worker: str
    diff: float
    sdiff: float
    accepted: bool
    errn: int | None
    reject_reason: str | None
    height: int | None
    workinfoid: int | None
    hash: str | None
    agent: str | None


class BestDiff(NamedTuple):
    """The pool's word that a share of difficulty `sdiff` was reached; not itself a share."""

    key: UUID
    digest: int
    at: datetime
    history: bool
    source: str
    address: str
    worker: str
    sdiff: float


class BlockFound(NamedTuple):
    """The pool's report that a block was found. `reward_sats` in satoshi, where it is known.

    `backed`: its producer has found the share that solved it, and that it reaches the network's
    difficulty, in records that no miner can write. Without that it is a report.
    """

    key: UUID
    digest: int
    at: datetime
    history: bool
    source: str
    address: str
    worker: str
    height: int
    hash: str
    sdiff: float
    reward_sats: int | None
    backed: bool


class Connection(NamedTuple):
    """A miner came (`connected`) or went."""

    key: UUID
    digest: int
    at: datetime
    history: bool
    source: str
    address: str
    worker: str
    connected: bool
    agent: str | None


class QuestReport(NamedTuple):
    """Another system's word that a user has completed a quest."""

    key: UUID
    digest: int
    at: datetime
    history: bool
    source: str
    address: str
    worker: str
    quest: str


Mined = Share | BestDiff | BlockFound | Connection
Fact = Mined | QuestReport


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts that commit together, and who they are about; a projection returns the next one's.

    `users` maps address → user id, from the domain accounts on. `workers` maps (user id, worker
    key) → worker id, from the domain mining on; from there, `blocks` are those confirmed only now.
    """

    shares: tuple[Share, ...] = ()
    bests: tuple[BestDiff, ...] = ()
    blocks: tuple[BlockFound, ...] = ()
    connections: tuple[Connection, ...] = ()
    quests: tuple[QuestReport, ...] = ()
    users: Mapping[str, int] = field(default_factory=dict)
    workers: Mapping[tuple[int, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Mapping[UUID, Fact]) -> Batch:
        """Sort facts by kind, keeping their order."""
        kinds: dict[type, list[Any]] = {
            Share: [], BestDiff: [], BlockFound: [], Connection: [], QuestReport: [],
        }  # fmt: skip
        for fact in facts.values():
            kinds[type(fact)].append(fact)
        shares, bests, blocks, connections, quests = (tuple(some) for some in kinds.values())
        return cls(shares, bests, blocks, connections, quests)

    def mined(self) -> list[Mined]:
        """Every fact about mining: each has a worker."""
        return [*self.shares, *self.bests, *self.blocks, *self.connections]

    def all(self) -> list[Fact]:
        """Every fact of the batch."""
        return [*self.mined(), *self.quests]


def worker_key(name: str) -> str:
    """What makes two worker names the same worker: they are compared without case."""
    return name.casefold()
