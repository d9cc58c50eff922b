"""Which failures are temporary, so that a retry helps."""

from __future__ import annotations

from typing import NoReturn

import asyncpg
import pytest
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy.exc import DBAPIError

from tbg.core.tx import Database, is_passing


async def test_a_connection_that_the_driver_lost_track_of_is_a_temporary_failure(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> NoReturn:
        raise asyncpg.InternalClientError("cannot switch to state 15; another operation is running")

    monkeypatch.setattr(PreparedStatement, "fetch", lost)
    with pytest.raises(DBAPIError) as raised:
        async with db.transaction() as tx:
            await tx.value("SELECT 1")
    monkeypatch.undo()
    assert is_passing(raised.value)
    async with db.transaction() as tx:
        assert await tx.value("SELECT 1") == 1


async def test_a_wrong_statement_is_no_temporary_failure(db: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        async with db.transaction() as tx:
            await tx.value("SELECT nothing FROM nowhere")
    assert not is_passing(raised.value)
