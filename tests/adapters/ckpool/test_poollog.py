"""What ckpool.log says, and what it must not be believed."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest

from tbg.adapters.ckpool.poollog import Alarm, ConnectionChange, PoolLog, Solved
from tests.adapters.ckpool.pool import ADDRESS

STAMP = "[2026-11-21 07:50:00.645] "


def reader() -> PoolLog:
    return PoolLog(UTC, "regtest")


def said(text: str) -> bytes:
    return (STAMP + text).encode()


def test_connections_bear_no_ip_address_even_in_their_identity() -> None:
    line = "Authorised client 218 {} worker {}_garage as user {}"
    one = reader().read(said(line.format("198.51.100.23", ADDRESS, ADDRESS)))
    two = reader().read(said(line.format("2001:db8::7", ADDRESS, ADDRESS)))
    assert isinstance(one, ConnectionChange)
    assert one == two
    assert one.stream == "mining:miner_connected"
    assert one.fields.pop("event_id")
    assert one.fields == {"user": ADDRESS, "worker": "garage", "ts": "1795247400.645"}


@pytest.mark.parametrize("day", ["2026-99-99", "0000-01-01", "2026-02-30"])
def test_a_line_with_a_damaged_date_is_ignored(day: str) -> None:
    log = reader()
    stamp = f"[{day} 07:50:00.645] "
    client = f"Authorised client 218 198.51.100.23 worker {ADDRESS} as user {ADDRESS}"
    for text in (client, f"Solved and confirmed block 7 by {ADDRESS}", "FATAL: no disk"):
        assert log.read((stamp + text).encode()) is None
    assert log.read(said(client)) is not None


@pytest.mark.parametrize("end", [" ", " lazily"])
def test_a_dropped_client(end: str) -> None:
    line = f"Dropped client 7 127.0.0.1 user {ADDRESS} worker {ADDRESS}.my rig{end}"
    found = reader().read(said(line))
    assert isinstance(found, ConnectionChange)
    assert (found.stream, found.fields["worker"]) == ("mining:miner_disconnected", "my rig")


@pytest.mark.parametrize(
    "text",
    [
        "Authorised client 1 127.0.0.1 worker someone as user someone",
        f"Authorised client 1 127.0.0.1 worker x.y as user {ADDRESS}",
        f"Authorised client 1 127.0.0.1 worker {ADDRESS}.{'x' * 490} as user {ADDRESS}",
        f"Dropped client 7 127.0.0.1 user {ADDRESS} worker {ADDRESS}.{'x' * 460} ",
        'Invalid json line: {"x": "Authorised client"}',
        "Submitting possible block solve share diff 1.517264 !",
    ],
)
def test_irrelevant_lines_are_ignored(text: str) -> None:
    assert reader().read(said(text)) is None


def test_a_block_and_the_difficulties_it_may_have_had() -> None:
    log = reader()
    log.read(said("Possible block solve diff 1.649916 !"))
    log.read(said("Submitting block data!"))
    found = log.read(said(f"Solved and confirmed block 111 by {ADDRESS}.s19-01"))
    assert found == Solved(1795247400, 111, f"{ADDRESS}.s19-01", ("1.649916",))


def test_a_rejected_block_takes_its_difficulty_with_it() -> None:
    log = reader()
    log.read(said("Possible stale share block solve diff 2.000000 !"))
    log.read(said("Submitted, but had block 111 rejected!"))
    log.read(said("Possible block solve diff 3.000000 !"))
    found = log.read(said(f"Solved and confirmed block 111 by {ADDRESS}"))
    assert isinstance(found, Solved)
    assert found.diffs == ("3.000000",)


def test_the_zone_of_the_pools_host() -> None:
    log = PoolLog(timezone(timedelta(hours=2)), "regtest")
    found = log.read(said("FATAL: Failed to epoll_wait in receiver with errno 4"))
    assert isinstance(found, Alarm)
    assert found.at == 1795247400 - 7200
