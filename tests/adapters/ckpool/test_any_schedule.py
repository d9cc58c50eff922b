"""Any cuts of the appends, any deaths and restarts: the same set of identities."""

from __future__ import annotations

import random
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tbg.adapters.ckpool import collector as module
from tbg.adapters.streams import BLOCK_FOUND
from tests.adapters.ckpool.pool import ADDRESS, Deaths, Killed, Pool, rejected, share

STAMP = "[2026-11-21 11:59:58.123] "

# Everything that was ever seen in these files, and some that was not.
_RECORDS = st.one_of(
    st.integers(1, 9_999).map(share),
    st.integers(1, 9_999).map(rejected),
    st.integers(1, 9_999).map(lambda n: share(n, workername=f"{ADDRESS}_é⛏ {n}")),
    st.integers(1, 9_999).map(lambda n: share(n)[:200] + rejected(n)),
    st.integers(1, 9_999).map(lambda n: share(n) + share(n + 10_000)),
    st.sampled_from(
        [b"", b"\0" * 50, b"junk", b'{"workinfoid"', share(0).replace(b"rig", b"\xff")]
    ),
)
_FILE = st.lists(
    st.tuples(_RECORDS, st.sampled_from([b"\n", b"\n", b"\r\n"])).map(b"".join), max_size=8
).map(b"".join)
_LOG = st.lists(
    st.integers(1, 50).map(
        lambda n: (
            f"{STAMP}Authorised client {n} 198.51.100.{n}"
            f" worker {ADDRESS}.rig{n % 2} as user {ADDRESS}\n"
        ).encode()
    ),
    max_size=6,
).map(b"".join)
_STEPS = st.lists(
    st.tuples(
        st.floats(0, 1),  # how much of what is left each file gets
        st.sampled_from(["collect", "collect", "publish", "save", "later", "flush", "nothing"]),
        st.integers(1, 3),
        st.sampled_from(["before", "after"]),
    ),
    max_size=8,
)


def contents(files: dict[str, bytes], redis_url: str) -> tuple[int, set[str]]:
    """What one undisturbed run over the finished files quarantines and publishes."""
    with tempfile.TemporaryDirectory() as root:
        pool = Pool(Path(root), redis_url)
        for name, data in files.items():
            pool.write(name, data)
        counts = pool.collect()
        assert counts.published == len([e for e in pool.published() if "diff" in e])
        return counts.quarantined, pool.ids()


@given(st.tuples(_FILE, _FILE), _LOG, _STEPS, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_any_schedule(
    redis_url: str, shares: tuple[bytes, bytes], log: bytes, steps: list[Any], chance: random.Random
) -> None:
    names = [f"0000006f/{n:016x}.sharelog" for n in range(2)]
    files = dict(zip([*names, "ckpool.log"], [*shares, log], strict=True))
    wanted, ids = contents(files, redis_url)
    with tempfile.TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH_ENTRIES", chance.choice([1, 2, 1_000]))
        pool = Pool(Path(root), redis_url)
        left = dict(files)
        for part, what, call, when in steps:
            for name, data in left.items():
                cut = int(len(data) * part)
                pool.write(name, data[:cut])
                left[name] = data[cut:]
            run(pool, what, call, when)
        for name, data in left.items():
            pool.write(name, data)
        pool.deaths = Deaths()
        pool.collect()
        assert pool.ids() == ids
        last = pool.collect()
        assert last.published == last.quarantined == 0
        # A line is reported at least once; a death or a flush may report it again.
        told = {(bad["path"], bad["offset"]) for bad in pool.quarantined()}
        assert len(told) >= wanted


def run(pool: Pool, what: str, call: int, when: str) -> None:
    pool.deaths = Deaths((what, call, when) if what in ("publish", "save") else None)
    if what == "later":
        pool.clock.move(timedelta(minutes=16))
    if what == "flush":
        pool.empty_redis()
    if what != "nothing":
        with suppress(Killed):
            pool.collect()


def test_the_recorded_pool_written_bit_by_bit(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Pool(tmp_path / "whole", redis_url)
    whole.copy("a")
    whole.collect()
    ids, blocks = whole.ids(), whole.ids(BLOCK_FOUND)

    monkeypatch.setattr(module, "BATCH_ENTRIES", 25)
    chance = random.Random(7)
    pool = Pool(tmp_path / "bits", redis_url)
    left = {
        str(path.relative_to(whole.logs)): path.read_bytes()
        for path in sorted(whole.logs.rglob("*"))
        if path.is_file()
    }
    deaths = 0
    while left:
        for name in chance.sample(sorted(left), k=max(1, len(left) // 4)):
            cut = chance.choice([len(left[name]), chance.randrange(1, len(left[name]) + 1)])
            pool.write(name, left[name][:cut])
            left[name] = left[name][cut:]
            if not left[name]:
                del left[name]
        pool.deaths = Deaths(
            (chance.choice(["publish", "save"]), chance.randint(1, 4),
             chance.choice(["before", "after"]))
        )  # fmt: skip
        try:
            pool.collect()
        except Killed:
            deaths += 1
    pool.deaths = Deaths()
    pool.collect()
    assert deaths > 5
    # A block read before its evidence was published as a report first.
    assert {one for one in pool.ids() if not one.startswith("report-")} == ids
    assert pool.ids(BLOCK_FOUND) >= blocks
    assert pool.collect().published == 0
