"""Mining facts: what an event says, typed and checked. `key` is the event's identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
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


Fact = Share | BestDiff | BlockFound | Connection


@dataclass(slots=True)
class Batch:
    """Facts that commit together, and who they are about.

    `users` maps address → user id; the domain accounts fills it in before the others look.
    `workers` maps (user id, worker key) → worker id; the domain mining fills it in.
    """

    shares: list[Share] = field(default_factory=list)
    bests: list[BestDiff] = field(default_factory=list)
    blocks: list[BlockFound] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    users: dict[str, int] = field(default_factory=dict)
    workers: dict[tuple[int, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Mapping[UUID, Fact]) -> Batch:
        """Sort facts by kind, keeping their order."""
        batch = cls()
        homes: dict[type, list[Fact]] = {
            Share: batch.shares,  # type: ignore[dict-item]
            BestDiff: batch.bests,  # type: ignore[dict-item]
            BlockFound: batch.blocks,  # type: ignore[dict-item]
            Connection: batch.connections,  # type: ignore[dict-item]
        }
        for fact in facts.values():
            homes[type(fact)].append(fact)
        return batch

    def all(self) -> list[Fact]:
        """Every fact of the batch."""
        return [*self.shares, *self.bests, *self.blocks, *self.connections]


def worker_key(name: str) -> str:
    """What makes two worker names the same worker: they are compared without case."""
    return name.casefold()
