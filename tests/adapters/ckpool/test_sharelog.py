"""What one line of a sharelog says."""

from __future__ import annotations

from typing import Any

import pytest

from tbg.adapters.ckpool import sharelog
from tbg.adapters.ckpool.sharelog import Place, Unreadable
from tests.adapters.ckpool.pool import ADDRESS, rejected, share

PLACE = Place("pool", 0x6F)


def event(line: bytes, *, before: int = 0) -> tuple[int, dict[str, str]]:
    """What a line says; so many equal ones stand before it."""
    return sharelog.event(line, PLACE, equal_before=lambda: before)


def test_an_accepted_share() -> None:
    at, fields = event(share(7, at=1795247303, createdate="1795247303,839308999"))
    assert at == 1795247303
    assert fields == {
        "user": ADDRESS,
        "worker": "rig1",
        "diff": "1.0",
        "sdiff": "9.5",
        "accepted": "true",
        "source": "pool",
        "event_id": f"{7:064x}",
        "ts": "1795247303.839308",  # cut, not rounded: never into the next week
        "height": "111",
        "hash": f"{7:064x}",
        "workinfoid": "7710530649345490967",
        "errn": "0",
        "agent": "test/1",
    }


def test_fractions_of_a_second_are_not_zero_padded() -> None:
    _, fields = event(share(1, createdate="1795247374,7819452"))
    assert fields["ts"] == "1795247374.007819"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"reject-reason": "Above target"}, "Above target"),
        ({"reject-reason": None, "error": [21, "Stale", None]}, "Stale"),
        ({"reject-reason": None, "error": "Duplicate"}, "Duplicate"),
        ({"reject-reason": None}, None),
    ],
)
def test_reasons_of_all_builds(said: dict[str, Any], reason: str | None) -> None:
    line = rejected(1, sdiff=-1.0, hash="", errn=1, **said)
    _, fields = event(line)
    assert fields.get("reject_reason") == reason
    assert fields["accepted"] == "false"
    assert (fields["sdiff"], "hash" in fields) == ("-1.0", False)


def test_a_rejected_line_is_identified_by_its_contents_and_the_equal_ones_before_it() -> None:
    def identity(line: bytes, before: int) -> str:
        return event(line, before=before)[1]["event_id"]

    line = rejected(1)
    assert identity(line, 0) == identity(line, 0)
    ids = {identity(line, 0), identity(line, 1), identity(rejected(2), 0), f"{1:064x}"}
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("name", "user", "worker"),
    [
        (ADDRESS, ADDRESS, "default"),
        (f"{ADDRESS}.", ADDRESS, "default"),
        (f"{ADDRESS}_garage.2", ADDRESS, "garage.2"),
        (f"{ADDRESS}.a_b", ADDRESS, "a_b"),
        (f"{ADDRESS}.a\0b", ADDRESS, "a\ufffdb"),
    ],
)
def test_the_stratum_user_splits_as_ckpool_splits_it(name: str, user: str, worker: str) -> None:
    _, fields = event(share(1, workername=name))
    assert (fields["user"], fields["worker"]) == (user, worker)


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    line = share(1).replace(b".rig1", b".r\xffg")
    assert event(line)[1]["worker"] == "r\ufffdg"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"nonsense",
        share(1)[:-1],
        share(1, createdate="yesterday"),
        share(1, createdate=1795247374),
        share(1, result="true"),
        share(1, diff="1"),
        share(1, sdiff=True),
        share(1).replace(b'"sdiff": 3.5', b'"sdiff": NaN'),
        share(1).replace(b'"sdiff": 3.5', b'"sdiff": 1e999'),
        share(1, workername="", username=""),
        b"\0" * 100,
    ],
)
def test_what_cannot_be_read_is_refused(line: bytes) -> None:
    with pytest.raises(Unreadable):
        event(line)


def test_glued_records_come_apart_where_each_begins() -> None:
    a, b = share(1), share(2)
    line = a[:100] + a + b
    assert sharelog.apart(line, 1000) == [
        (1000, a[:100]),
        (1100, a),
        (1100 + len(a), b),
    ]
    assert sharelog.apart(b"\0\0" + a, 0) == [(0, b"\0\0"), (2, a)]
    assert sharelog.apart(b"", 5) == [(5, b"")]


@pytest.mark.parametrize(
    "ip", ["198.51.100.23", "203.0.113.7:3333", "2001:db8::7", "::1", "fe80::1:2:3:4"]
)
@pytest.mark.parametrize("cut", [None, -3])
def test_samples_show_no_ip_address(ip: str, cut: int | None) -> None:
    line = b'{"result": tru, "address": "' + ip.encode() + b'", "agent": "x"}'
    line = line[:-18] if cut else line
    assert ip[:5] not in sharelog.sample(line)
    assert ip not in sharelog.sample(b"Dropped client 7 " + ip.encode() + b" user x")
