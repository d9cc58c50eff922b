"""Miners for the public pages: facts, folded into what the pages read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from tbg.adapters.streams import Connection, Fact
from tbg.core.tx import Database
from tbg.domains.mining.actions import roll_up
from tests.domains.gamification.play import ALICE, key, play

MINUTE = timedelta(minutes=1)


async def mine(db: Database, facts: Iterable[Fact]) -> None:
    """Facts through the projections and into the rollups."""
    await play(db, facts)
    async with db.transaction() as tx:
        await roll_up(tx)


def connection(at: Any, *, connected: bool, worker: str = "bitaxe") -> Connection:
    name = f"{at}{connected}{worker}"
    return Connection(key(name), 7, at, False, "hosted", ALICE, worker, connected, "bitaxe/v2")
