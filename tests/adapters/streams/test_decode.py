"""Every field of an event, read or refused by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbg.adapters.streams import (
    BLOCK_FOUND,
    MINER_CONNECTED,
    SHARE_BEST_DIFF,
    SHARE_SUBMITTED,
    STREAMS,
    BadEvent,
    BestDiff,
    BlockFound,
    Connection,
    Fact,
    Rules,
    Share,
    decode,
)
from tests.conftest import NOW
from tests.events import ADDRESS, share

RULES = Rules("mainnet", NOW)


def read(fields: dict[str, str], stream: str = SHARE_SUBMITTED, entry: str = "1-0") -> Fact:
    raw = {key.encode(): value.encode(errors="surrogateescape") for key, value in fields.items()}
    return decode(stream, entry, raw, RULES)


def test_a_share_is_decoded_completely() -> None:
    fact = read(share(NOW, errn=0, height=900_000, workinfoid=2**62, hash="00ff", agent="x"))
    assert isinstance(fact, Share)
    assert (fact.address, fact.worker, fact.diff, fact.sdiff) == (ADDRESS, "bitaxe-1", 1000, 5120)
    assert (fact.accepted, fact.errn, fact.height, fact.hash) == (True, 0, 900_000, "00ff")
    assert (fact.workinfoid, fact.agent, fact.at, fact.history) == (2**62, "x", NOW, False)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"user": None}, "missing"),
        ({"diff": None}, "missing"),
        ({"sdiff": ""}, "missing"),
        ({"accepted": None}, "missing"),
        ({"source": None}, "missing"),
        ({"diff": "many"}, "not_a_number"),
        ({"sdiff": "nan"}, "not_finite"),
        ({"sdiff": "inf"}, "not_finite"),
        ({"diff": "-1"}, "out_of_range"),
        ({"diff": "0"}, "out_of_range"),
        ({"sdiff": "-1"}, "out_of_range"),
        ({"sdiff": "-3", "accepted": "false"}, "out_of_range"),
        ({"diff": "1.7e308"}, "out_of_range"),
        ({"sdiff": "1e69"}, "out_of_range"),
        ({"accepted": "maybe"}, "not_a_boolean"),
        ({"errn": "x"}, "not_a_number"),
        ({"height": "99999999999"}, "out_of_range"),
        ({"workinfoid": str(2**64)}, "out_of_range"),
        ({"user": "bcrt1qglh273v774zgmykvsvadhdf32mtvd9g7zmsmr6"}, "network"),
        ({"user": "mhKsgmnSxmSR6k8T9jiK34H9V4GzK4N15y"}, "network"),
        ({"user": "."}, "address"),
        ({"user": "bc1qqqqqqqqqqqqqqqqqqqq"}, "address"),
        ({"user": "🐉" * 20}, "address"),
        ({"v": "2"}, "version"),
        ({"worker": "a\0b"}, "nul"),
        ({"worker": "\udcff"}, "encoding"),
        ({"agent": "x" * 70_000}, "too_large"),
        ({"event_id": "x" * 300}, "event_id"),
        ({"ts": "soon"}, "not_a_number"),
        ({"ts": f"{(NOW + timedelta(minutes=5, seconds=1)).timestamp()}"}, "future"),
        ({"ts": f"{(NOW - timedelta(days=90, seconds=1)).timestamp()}"}, "too_late"),
        ({"ts": "0"}, "too_late"),
        ({"history": "perhaps"}, "not_a_boolean"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(change: dict[str, str], reason: str) -> None:
    with pytest.raises(BadEvent) as refused:
        read(share(NOW, **change))
    assert refused.value.reason == reason


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(days=-90)])
def test_the_edges_of_time_are_taken(ahead: timedelta) -> None:
    assert read(share(NOW + ahead)).at == NOW + ahead


def test_history_has_no_age() -> None:
    fact = read(share(datetime(2012, 5, 1, tzinfo=UTC), history="true"))
    assert fact.history
    assert fact.at.year == 2012


def test_without_a_time_the_entry_s_own_counts() -> None:
    stamp = int((NOW - timedelta(hours=1)).timestamp() * 1000)
    assert read(share(NOW, ts=None), entry=f"{stamp}-3").at == NOW - timedelta(hours=1)


def test_a_rejected_share_may_have_neither_hash_nor_difficulty() -> None:
    fact = read(share(NOW, accepted="false", sdiff="-1.0", hash="", reject_reason="Stale"))
    assert isinstance(fact, Share)
    assert (fact.sdiff, fact.hash, fact.reject_reason) == (-1.0, None, "Stale")


@pytest.mark.parametrize(
    ("user", "worker", "found"),
    [
        (f"{ADDRESS}.garage", None, "garage"),
        (f"{ADDRESS}_garage.2", None, "garage.2"),
        (f".{ADDRESS}", None, "default"),
        (f"_{ADDRESS}", None, "default"),
        (f"{ADDRESS}.garage", "attic", "attic"),
        (ADDRESS, None, "default"),
        (ADDRESS.upper(), "Ünïcode 🔥", "Ünïcode 🔥"),
    ],
)
def test_the_stratum_user_is_split_as_ckpool_does(
    user: str, worker: str | None, found: str
) -> None:
    fact = read(share(NOW, user=user, worker=worker))
    assert (fact.address, fact.worker) == (ADDRESS, found)


@pytest.mark.parametrize(
    "evil",
    [
        "\u202e",
        "\u2066",
        "\u200b",
        "\u2028",
        "\ufeff",
        "\n",
        "\x1b",
        "\x7f",
        "\u061c",
        "\U000e0041",
    ],
)
def test_reordering_characters_from_miners_are_replaced(
    evil: str,
) -> None:
    fact = read(share(NOW, worker=f"rig{evil}1", agent=f"bitaxe{evil}", reject_reason=evil))
    assert isinstance(fact, Share)
    assert (fact.worker, fact.agent, fact.reject_reason) == ("rig\ufffd1", "bitaxe\ufffd", "\ufffd")
    assert read(share(NOW, user=f"{ADDRESS}.rig{evil}1", worker=None)).worker == "rig\ufffd1"


@pytest.mark.parametrize("name", ["👨\u200d👩\u200d👧 rig", "می\u200cخواهم", "Ünïcode 🔥", "עברית"])
def test_a_name_in_any_script_is_unchanged(name: str) -> None:
    assert read(share(NOW, worker=name)).worker == name


def test_a_long_worker_name_is_kept_to_its_bound() -> None:
    assert len(read(share(NOW, worker="é" * 2000)).worker.encode()) == 1024


def test_identity_is_stream_source_and_event_id() -> None:
    one, same = (read(share(NOW, event_id="a"), entry=f"{n}-0") for n in (1, 2))
    other_source = read(share(NOW, event_id="a", source="other"))
    other_id = read(share(NOW, event_id="b"))
    best = read(share(NOW, event_id="a"), SHARE_BEST_DIFF)
    assert one.key == same.key
    assert len({one.key, other_source.key, other_id.key, best.key}) == 4


def test_without_an_event_id_the_entry_is_the_identity() -> None:
    fields = share(NOW, event_id=None)
    assert read(fields, entry="1-0").key != read(fields, entry="1-1").key


def test_reading_again_as_history_is_the_same_payload() -> None:
    live, again = read(share(NOW, event_id="a")), read(share(NOW, event_id="a", history="true"))
    other = read(share(NOW, event_id="a", sdiff="1"))
    assert live.digest == again.digest != other.digest


def test_the_other_kinds() -> None:
    best = read(share(NOW, diff="1500000000"), SHARE_BEST_DIFF)
    block = read(share(NOW, height=879_412, hash="00", reward="312500000"), BLOCK_FOUND)
    come = read(share(NOW, agent="bitaxe"), MINER_CONNECTED)
    assert isinstance(best, BestDiff)
    assert best.sdiff == 1.5e9
    assert isinstance(block, BlockFound)
    assert (block.height, block.reward_sats) == (879_412, 312_500_000)
    assert isinstance(come, Connection)
    assert come.connected
    with pytest.raises(BadEvent):
        read(share(NOW, hash="00"), BLOCK_FOUND)


@given(
    st.sampled_from(STREAMS),
    st.dictionaries(
        st.sampled_from(
            ["user", "worker", "diff", "sdiff", "accepted", "source", "ts", "history", "v",
             "event_id", "height", "hash", "reward", "errn", "workinfoid", "zzz"]
        ).map(str.encode),
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([b"1", b"true", b"false", ADDRESS.encode(), b"1e400", b"-0", b"1_0"]),
        ),
    ),
)  # fmt: skip
def test_garbage_is_always_refused(stream: str, fields: dict[bytes, bytes]) -> None:
    try:
        fact = decode(stream, "1772625600000-0", fields, RULES)
    except BadEvent:
        return
    assert fact.address == ADDRESS
