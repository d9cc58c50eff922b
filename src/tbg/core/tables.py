"""How a domain's tables would be spread over several database nodes, and core's own tables.

Each domain says so in its `tables`; a test compares that with the migrated database and holds the
statements to it. Nothing reads it while the game runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Distributed:
    """Each row is on the node of `column`, which every unique key therefore holds."""

    column: str = "user_id"


@dataclass(frozen=True, slots=True)
class Reference:
    """Every node has a copy: small, read often and changed seldom. `key`: what names a row."""

    key: str


@dataclass(frozen=True, slots=True)
class Local:
    """On one node alone, for a reason."""

    reason: str


Placement: TypeAlias = Distributed | Reference | Local

Tables: TypeAlias = Mapping[str, Placement]

TABLES: Tables = {
    "event_keys": Distributed("key"),
    "outbox": Local("a queue that relays take from with SKIP LOCKED"),
    "failed_deliveries": Local("beside the outbox, whose messages it is about"),
    "tasks": Local("a queue that senders take from with SKIP LOCKED"),
    "parked_users": Distributed(),
    "job_marks": Local("one row a job"),
    "alembic_version": Local("one row: which revision the schema has"),
}
