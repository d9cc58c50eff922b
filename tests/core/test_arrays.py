"""Our arrays and the driver's own mean the same to PostgreSQL, in both directions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tbg.core import arrays
from tbg.core.clock import SystemClock
from tbg.core.tx import connect

_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-7)), timezone(timedelta(minutes=345))])
_MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=_ZONES)  # noqa: DTZ001
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)

KINDS: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int2": st.integers(-(2**15), 2**15 - 1),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "int8": st.integers(-(2**63), 2**63 - 1),
    "float8": st.floats(allow_nan=False),
    "text": _TEXTS,
    "date": st.dates(),
    "timestamptz": _MOMENTS,
    "uuid": st.uuids(),
}


@pytest.fixture
async def pair(pg_url: str) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.Connection]]:
    """A connection that packs our way, and one that does not."""
    ours, theirs = await asyncpg.connect(pg_url), await asyncpg.connect(pg_url)
    arrays.install(ours)
    yield ours, theirs
    await ours.close()
    await theirs.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_arrays_are_encoded_like_the_drivers(kind, pair) -> None:
    ours, theirs = pair
    lists = st.lists(st.none() | KINDS[kind], max_size=30)
    sent: list[list[Any]] = [[], [None]]

    @settings(max_examples=40, suppress_health_check=list(HealthCheck), database=None)
    @given(st.one_of(lists, st.lists(KINDS[kind], max_size=30)))
    def collect(values: list[Any]) -> None:
        sent.append(values)

    collect()
    for values in sent:
        query = f"SELECT ($1::{kind}[])::text, $1::{kind}[]"
        (our_text, our_list), (text, list_) = [
            await each.fetchrow(query, values) for each in (ours, theirs)
        ]
        assert our_text == text
        assert our_list == list_ == values


async def test_many_rows_keep_their_order(pair) -> None:
    ours, _ = pair
    numbers = list(range(-3000, 3000))
    rows = await ours.fetch(
        "SELECT * FROM unnest($1::int8[], $2::text[], $3::float8[]) AS t (a, b, c)",
        numbers,
        [str(n) for n in numbers],
        [n / 7 for n in numbers],
    )
    assert [tuple(row) for row in rows] == [(n, str(n), n / 7) for n in numbers]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("int8", [1, "2"]),
        ("int8", [2**63]),
        ("int2", [40_000]),
        ("int8", [[1, 2], [3, 4]]),
        ("float8", ["1.0"]),
        ("text", [1]),
        ("uuid", ["0" * 32]),
        ("timestamptz", [datetime(2026, 1, 1)]),  # noqa: DTZ001
    ],
)
async def test_what_is_not_of_the_type_is_refused_and_the_connection_lives(
    kind, values, pair
) -> None:
    ours, _ = pair
    with pytest.raises((asyncpg.DataError, TypeError, ValueError, OverflowError)):
        await ours.fetchval(f"SELECT $1::{kind}[]", values)
    assert await ours.fetchval("SELECT $1::int8[]", [7]) == [7]


async def test_nested_arrays_read_back_are_refused(pair) -> None:
    ours, _ = pair
    with pytest.raises(ValueError, match="unnest"):
        await ours.fetchval("SELECT ARRAY[[1, 2], [3, 4]]::int8[]")


async def test_every_connection_packs_arrays_our_way(pg_url, monkeypatch) -> None:
    seen: list[asyncpg.Connection] = []
    original = arrays.install

    def install(connection: asyncpg.Connection) -> None:
        seen.append(connection)
        original(connection)

    monkeypatch.setattr(arrays, "install", install)
    database = connect(pg_url, SystemClock(), size=2)
    try:
        async with database.transaction() as tx, database.transaction() as other:
            ids = [UUID(int=n) for n in range(3)]
            assert await tx.value("SELECT CAST(:ids AS uuid[])", ids=ids) == ids
            day = date(2026, 3, 4)
            assert await other.value("SELECT CAST(:days AS date[])", days=[day]) == [day]
        assert len(seen) == 2
    finally:
        await database.close()
