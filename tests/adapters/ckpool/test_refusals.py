"""What the game could never take is not published; what other settings would change is kept."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbg.adapters.ckpool import refusals
from tbg.adapters.streams import BLOCK_FOUND, MINER_CONNECTED, SHARE_SUBMITTED, Rules, decode
from tests.adapters.ckpool.pool import ADDRESS, NOON, Pool, share

FILE = f"0000006f/{0x6B014C9300000005:016x}.sharelog"
LATER = f"00000070/{0x6B014C9300000006:016x}.sharelog"
MAINNET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
TESTNETS = "mhKsgmnSxmSR6k8T9jiK34H9V4GzK4N15y"
AT = int(NOON.timestamp())


def line(number: int, **changes: Any) -> bytes:
    return share(number, **changes) + b"\n"


def hashes(*numbers: int) -> set[str]:
    return {f"{number:064x}" for number in numbers}


@pytest.mark.parametrize("begin", [".", "_"])
def test_a_user_that_begins_with_a_separator_is_read_as_in_ckpool(pool: Pool, begin: str) -> None:
    pool.write(FILE, line(1, workername=f"{begin}{ADDRESS}"))
    assert pool.collect().published == 1
    (entry,) = pool.published()
    assert (entry["user"], entry["worker"]) == (ADDRESS, "default")


@pytest.mark.parametrize(
    "user", [".", "_", "..", ".rig", "rig1", f"..{ADDRESS}", "\u202e", "1" * 200]
)
def test_a_user_without_an_address_is_quarantined_by_name_and_not_published(
    pool: Pool, user: str
) -> None:
    pool.write(FILE, line(1, workername=user) + line(2))
    counts = pool.collect()
    assert (counts.published, counts.quarantined) == (1, 1)
    assert counts.notices == {refusals.NOT_AN_ADDRESS: 1}
    assert pool.quarantined()[0]["kind"] == refusals.NOT_AN_ADDRESS
    assert pool.ids() == hashes(2)


def test_addresses_of_another_network_are_counted_by_network_with_an_example(pool: Pool) -> None:
    pool.network = "mainnet"
    pool.write(FILE, line(1) + line(2) + line(3, workername=MAINNET))
    pool.write(LATER, line(4, workername=f"{TESTNETS}_garage"))
    counts = pool.collect()
    assert (counts.published, counts.quarantined) == (1, 3)
    assert counts.notices == {refusals.OTHER_NETWORK: 3}
    wanted = {"regtest": (2, ADDRESS), "testnet, signet or regtest": (1, TESTNETS)}
    assert counts.networks == wanted
    counts = pool.collect()
    assert (counts.quarantined, counts.already_seen) == (0, 4)
    assert counts.networks == wanted  # they are still there, and still said to be


def test_lines_held_back_for_their_network_are_read_once_it_is_right(
    pool: Pool,
) -> None:
    pool.network = "mainnet"
    pool.write(FILE, line(1) + line(2) + b"junk\n")
    pool.write(LATER, line(3) + line(4, workername=MAINNET))
    assert pool.collect().published == 1
    pool.network = "regtest"
    counts = pool.collect()
    assert hashes(1, 2, 3) <= pool.ids()
    assert counts.networks == {"mainnet": (1, MAINNET)}
    assert pool.collect().published == 0


def test_networks_tried_one_after_the_other_lose_nothing(pool: Pool) -> None:
    pool.write(FILE, line(1) + line(2, workername=MAINNET) + line(3, workername=TESTNETS))
    for pool.network in ("signet", "mainnet", "testnet", "regtest"):
        pool.collect()
    assert pool.ids() == hashes(1, 2, 3)


def test_a_file_that_was_held_back_whole_is_as_if_never_read_however_late(pool: Pool) -> None:
    pool.network = "mainnet"
    pool.write(FILE, line(1) + line(2))
    pool.collect()
    pool.clock.move(timedelta(days=200))
    pool.network = "regtest"
    assert pool.collect().published == 2
    assert {entry["history"] for entry in pool.published()} == {"true"}


def test_lines_published_long_ago_are_not_published_again_for_others_held_back(pool: Pool) -> None:
    pool.write(FILE, line(1) + line(2, workername=MAINNET))
    pool.collect()
    pool.clock.move(timedelta(days=101))  # the keys of what was published are gone
    pool.redis.delete(SHARE_SUBMITTED)
    pool.network = "mainnet"
    pool.collect()
    assert hashes(1).isdisjoint(pool.ids())


def test_what_is_held_back_outlives_a_redis_that_is_emptied(pool: Pool) -> None:
    pool.write(FILE, line(1) + line(2, workername=MAINNET))
    pool.collect()
    pool.empty_redis()
    counts = pool.collect()
    assert counts.networks == {"mainnet": (1, MAINNET)}
    pool.network = "mainnet"
    pool.collect()
    assert pool.ids() == hashes(1, 2)


def test_blocks_given_up_under_a_wrong_network_come_with_the_right_one(pool: Pool) -> None:
    pool.network = "mainnet"
    pool.write(FILE, line(1))
    stamp = "[2026-11-21 11:00:00.123] "
    said = [
        "Possible block solve diff 3.500000 !",
        f"Solved and confirmed block 111 by {ADDRESS}.rig1",
    ]
    said.append(f"Authorised client 1 198.51.100.1 worker {ADDRESS}.rig1 as user {ADDRESS}")
    pool.write("ckpool.log", "".join(f"{stamp}{text}\n" for text in said).encode())
    pool.status()
    counts = pool.collect()
    assert (counts.blocks, counts.notices[refusals.NO_SHARE]) == (0, 1)
    pool.network = "regtest"
    assert pool.collect().blocks == 1
    assert pool.ids(BLOCK_FOUND) == {f"backed-{one}" for one in hashes(1)}
    assert len(pool.ids(MINER_CONNECTED)) == 1


def test_shares_ahead_of_the_clock_are_read_when_their_time_has_come(pool: Pool) -> None:
    pool.write(FILE, line(1) + line(2, at=AT + 600))
    counts = pool.collect()
    assert (counts.published, counts.notices) == (1, {refusals.AHEAD: 1})
    assert pool.collect().published == 0
    pool.clock.move(timedelta(minutes=6))
    pool.collect()
    assert pool.ids() == hashes(1, 2)
    assert pool.collect().published == 0


def test_every_kind_is_explained() -> None:
    kinds = {
        value for name, value in vars(refusals).items() if name.isupper() and type(value) is str
    }
    assert kinds == set(refusals.EXPLAINED)


_NAMES = st.text(st.sampled_from("._-aé⛏\u202e\u200b\u2028\n\x1b1"), max_size=12)
_NUMBERS = st.one_of(
    st.floats(), st.integers(-(2**70), 2**70), st.sampled_from([0, -1, 1e68, 1e69, 2**63, 5e-324])
)
_CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "workername": st.one_of(
            _NAMES,
            st.tuples(_NAMES, st.sampled_from([ADDRESS, MAINNET, TESTNETS]), _NAMES).map("".join),
            st.integers(1, 9_000).map(lambda size: f"{ADDRESS}.{'é' * size}"),
        ),
        "diff": _NUMBERS,
        "sdiff": _NUMBERS,
        "errn": _NUMBERS,
        "workinfoid": _NUMBERS,
        "result": st.sampled_from([True, False, None, "true"]),
        "hash": st.one_of(st.just(""), st.text(max_size=300), st.just("f" * 5_000)),
        "agent": st.integers(0, 40_000).map("x".__mul__),
        "reject-reason": st.one_of(st.none(), st.integers(0, 40_000).map("é".__mul__)),
        "createdate": st.one_of(
            st.integers(0, 10**11).map("{},1".format), st.just(f"{AT},999999999"), st.just("1")
        ),
    },
)


@given(st.lists(_CHANGES, min_size=1, max_size=8), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_whatever_miners_say_nothing_is_published_that_the_game_would_not_take(
    redis_url: str, changes: list[dict[str, Any]], height: int
) -> None:
    with tempfile.TemporaryDirectory() as root:
        pool = Pool(Path(root), redis_url)
        name = f"{height:08x}/{0:016x}.sharelog"
        for number, change in enumerate(changes):
            pool.write(name, share(number, **change) + b"\n")
        counts = pool.collect()
        assert counts.published + counts.quarantined == counts.lines == len(changes)
        published = pool.redis.xrange(SHARE_SUBMITTED)
        assert len(published) == counts.published
        for entry_id, fields in published:
            decode(SHARE_SUBMITTED, entry_id.decode(), fields, Rules("regtest", NOON))
        assert sum(counts.notices.values()) == counts.quarantined
        assert counts.notices.keys() <= refusals.EXPLAINED.keys()
