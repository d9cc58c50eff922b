"""Whoever connects to a ckpool can write lines into ckpool.log; what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from tbg.adapters.broadcast import Broadcast
from tbg.adapters.ckpool import judge, record
from tbg.adapters.ckpool.blocks import Candidates, candidates
from tbg.adapters.ckpool.poollog import Solved
from tbg.adapters.streams import BLOCK_FOUND, MINER_CONNECTED, MINER_DISCONNECTED, Reader
from tbg.app.ingest import Ingest
from tbg.core.tx import Database
from tests.adapters.ckpool.pool import ADDRESS, Pool, share
from tests.events import one

FILE = "000ee6b3/000000000000006f.sharelog"
HEIGHT = 0x000EE6B3
STAMP = "[2026-11-21 11:59:58.123]"
VICTIM = "mus7UfVT3PMLHC79QisAj4DQvREV2hhhhj"
REAL = 1.5e14
"""What the network asks for; the attacker has found a share of a hundredth of it."""


def authorised(name: str, user: str) -> bytes:
    """As ckpool logs it, whatever the name holds."""
    return f"{STAMP} Authorised client 2 198.51.100.9 worker {name} as user {user}\n".encode()


def forged(*lines: str) -> bytes:
    """What ckpool logs when a miner with line ends in their worker's name connects."""
    return authorised("\n".join([f"{ADDRESS}.x", *lines, ""]), ADDRESS)


def a_block(diff: float, *, by: str = f"{ADDRESS}.rig1", height: int = HEIGHT) -> tuple[str, ...]:
    return (
        f"{STAMP} Possible block solve diff {diff:.6f} !",
        f"{STAMP} BLOCK ACCEPTED!",
        f"{STAMP} Solved and confirmed block {height} by {by}",
    )


def kinds(pool: Pool) -> list[str]:
    return [entry.get("backed", "report") for entry in pool.published(BLOCK_FOUND)]


# --- blocks --------------------------------------------------------------------------------
@pytest.fixture
def solved(pool: Pool) -> Pool:
    """A share of 1.5e12, which ckpool.log says has solved a block."""
    pool.write(FILE, share(1, sdiff=REAL / 100) + b"\n")
    pool.write("ckpool.log", forged(*a_block(REAL / 100)))
    return pool


def later(pool: Pool) -> None:
    pool.clock.move(timedelta(minutes=1))


def test_a_forged_block_is_a_report_and_stays_one(solved: Pool) -> None:
    assert solved.collect().reported_blocks == 1
    assert kinds(solved) == ["report"]
    later(solved)
    solved.status(difficulty=REAL, best=REAL / 100)
    solved.user(ADDRESS, rig1=REAL / 100)
    counts = solved.collect()
    assert (counts.blocks, counts.reported_blocks) == (0, 0)
    solved.clock.move(timedelta(days=2))
    assert solved.collect().blocks == 0
    assert kinds(solved) == ["report"]


def test_a_block_is_believed_once_when_the_networks_difficulty_is_learned_later(
    solved: Pool,
) -> None:
    solved.collect()
    later(solved)
    solved.status(difficulty=REAL / 100)
    assert [solved.collect().blocks for _ in range(3)] == [1, 0, 0]
    assert kinds(solved) == ["report", "true"]


def _older_than_the_share(pool: Pool) -> None:
    pool.clock.move(timedelta(minutes=-2))
    pool.status(difficulty=1.0)


def _of_another_period(pool: Pool) -> None:
    later(pool)
    (pool.logs / f"{HEIGHT + 2016:08x}").mkdir()
    pool.status(difficulty=1.0)


def _from_the_log(pool: Pool) -> None:
    pool.write("ckpool.log", forged(f"{STAMP} Network diff set to 1.0"))


def _of_less_than_was_known(pool: Pool) -> None:
    later(pool)
    pool.status(difficulty=REAL)
    pool.collect()
    later(pool)
    pool.status(difficulty=1.0)


def _of_users_before_the_pools_round(pool: Pool) -> None:
    # The pool's best was reset since, and that file was not written again.
    later(pool)
    pool.user(ADDRESS, rig1=REAL / 100)
    pool.clock.move(timedelta(minutes=5))
    pool.status(difficulty=REAL)


def _of_users_in_the_middle_of_a_round(pool: Pool) -> None:
    # ckpool writes users first: pool.status does not know of the share yet.
    pool.clock.move(timedelta(seconds=-30))
    pool.status(difficulty=REAL)
    pool.clock.move(timedelta(seconds=60))
    pool.user(ADDRESS, rig1=REAL / 100)


def _of_another_worker(pool: Pool) -> None:
    later(pool)
    pool.user(ADDRESS, rig2=REAL / 100)
    pool.status(difficulty=REAL)


def _of_a_smaller_share_than_the_addresss_best(pool: Pool) -> None:
    # Beside a block of their own, ckpool does not even compare it with the pool's best.
    later(pool)
    pool.user(ADDRESS, rig1=REAL / 100, rig2=REAL * 2)
    pool.status(difficulty=REAL)


def _torn(pool: Pool) -> None:
    later(pool)
    pool.status(difficulty=1.0)
    text = (pool.logs / "pool" / "pool.status").read_bytes()
    pool.write("pool/pool.status", text[:-30], mode="wb")


def _a_link(pool: Pool) -> None:
    later(pool)
    pool.status(difficulty=1.0)
    (pool.logs / "pool" / "pool.status").rename(pool.root / "status")
    (pool.logs / "pool" / "pool.status").symlink_to(pool.root / "status")


@pytest.mark.parametrize(
    "evidence",
    [_older_than_the_share, _of_another_period, _from_the_log, _of_less_than_was_known,
     _of_users_before_the_pools_round, _of_users_in_the_middle_of_a_round, _of_another_worker,
     _of_a_smaller_share_than_the_addresss_best, _torn, _a_link],
)  # fmt: skip
def test_a_block_stays_a_report_on_evidence(solved: Pool, evidence: Callable[[Pool], None]) -> None:
    evidence(solved)
    assert solved.collect().blocks == 0
    assert kinds(solved) == ["report"]


def test_without_a_network_difficulty_the_pools_best_confirms_a_block(
    solved: Pool,
) -> None:
    """Its best share of the user is not the pool's best: so it reached the difficulty."""
    later(solved)
    solved.user(ADDRESS, rig1=REAL / 100)
    without_netdiff(solved, best=912)
    assert solved.collect().blocks == 1


def without_netdiff(pool: Pool, *, best: float) -> None:
    """Have ckpool write pool.status as one does that does not tell the network's difficulty."""
    status = b'{"lastupdate": %d}\n{}\n{"diff": 0.0, "accepted": 5, "bestshare": %d}\n'
    pool.write("pool/pool.status", status % (pool.clock.at.timestamp(), best), mode="wb")


@pytest.mark.parametrize("known", [True, False])
def test_a_block_is_not_believed_because_the_pools_best_was_reset(
    solved: Pool, known: bool
) -> None:
    """As when another miner finds a block, and what ckpool knows of this one is not yet reset."""
    if known:
        solved.status(difficulty=REAL, best=REAL / 50)
    else:
        without_netdiff(solved, best=REAL / 50)
    solved.collect()
    later(solved)
    solved.user(ADDRESS, rig1=REAL / 100)
    without_netdiff(solved, best=0)
    assert solved.collect().blocks == 0
    assert kinds(solved) == ["report"]


@pytest.mark.parametrize(("sdiff", "believed"), [(1.006e12, True), (0.99e12, False)])
def test_the_networks_difficulty_follows_from_the_pools_percentage(
    pool: Pool, sdiff: float, believed: bool
) -> None:
    pool.write(FILE, share(1, sdiff=sdiff) + b"\n")
    pool.write("ckpool.log", forged(*a_block(sdiff)))
    status = (
        b'{"lastupdate": %d}\n{}\n{"diff": 25.0, "accepted": 250000000000, "bestshare": 9e99}\n'
    )
    pool.write("pool/pool.status", status % pool.clock.at.timestamp(), mode="wb")
    assert pool.collect().blocks == believed


def test_on_mainnet_a_small_share_is_not_even_a_report(pool: Pool) -> None:
    pool.write(FILE, share(1, sdiff=9e11) + b"\n")
    pool.write("ckpool.log", forged(*a_block(9e11)))
    pool.network = "mainnet"
    pool.collect()
    pool.clock.move(timedelta(minutes=16))
    assert pool.collect().lost_blocks == 1
    assert kinds(pool) == []


def test_reports_that_redis_lost_are_published_again(solved: Pool) -> None:
    solved.collect()
    solved.redis.flushdb()
    assert solved.collect().reported_blocks == 1
    assert kinds(solved) == ["report"]
    solved.redis.delete(BLOCK_FOUND)
    assert solved.collect(since=0).reported_blocks == 1


@pytest.mark.parametrize(
    "line",
    [
        "Submitted, but had block 1 rejected",
        f"Solved and confirmed block 5 by {ADDRESS}.rig1",
        "Possible block solve diff 7.000000 !",
    ],
)
def test_a_forged_line_between_a_solve_and_its_outcome_hides_no_block(
    pool: Pool, line: str
) -> None:
    possible, *outcome = a_block(REAL, by=f"{VICTIM}.rig9")
    found = share(9, sdiff=REAL, workername=f"{VICTIM}.rig9", username=VICTIM)
    pool.write(FILE, share(1, workername=f"{VICTIM}.rig9", username=VICTIM) + b"\n")
    pool.write(FILE, found + b"\n" + share(2, sdiff=REAL / 3) + b"\n")
    said = forged(f"{STAMP} {line}") * 9
    lines = "".join(f"{line}\n" for line in outcome)
    pool.write("ckpool.log", f"{possible}\n".encode() + said + lines.encode())
    later(pool)
    pool.status(difficulty=REAL)
    pool.collect()
    later(pool)
    assert pool.collect().blocks == 1
    (block,) = pool.published(BLOCK_FOUND)
    assert (block["user"], block["hash"]) == (VICTIM, f"{9:064x}")


def test_a_solve_without_a_logged_difficulty_is_not_even_a_report_below_the_networks(
    pool: Pool,
) -> None:
    pool.write(FILE, share(1, sdiff=REAL / 100) + b"\n")
    pool.write(
        "ckpool.log", forged(f"{STAMP} Solved and confirmed block {HEIGHT} by {ADDRESS}.rig1")
    )
    later(pool)
    pool.status(difficulty=REAL)
    pool.collect()
    later(pool)
    pool.collect()
    assert kinds(pool) == []


async def test_forged_blocks_of_many_heights_neither_slow_a_sweep_nor_hide_a_block(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each height that is looked at costs the reading of all its shares."""
    looked: list[int] = []

    def counted(blocks: Sequence[Solved], *args: Any, **options: Any) -> dict[Solved, Candidates]:
        looked.append(blocks[0].height)
        return candidates(blocks, *args, **options)

    monkeypatch.setattr(judge, "candidates", counted)
    heights = [HEIGHT - back for back in range(40, 0, -1)]
    for height in heights:
        pool.write(f"{height:08x}/000000000000006f.sharelog", share(height) + b"\n")
    pool.write(FILE, share(1) + b"\n")
    async with pool.collector() as running:
        await running.sweep()
        lies = [line for height in heights for line in a_block(REAL, height=height)]
        pool.write("ckpool.log", forged(*lies, *a_block(REAL / 100)))
        pool.write(FILE, share(2, sdiff=REAL / 100) + b"\n")
        looked.clear()
        await running.sweep()
        assert len(looked) == judge.LOOK_HEIGHTS
        assert running.counts.reported_blocks == 1
        for _ in range(20):
            pool.clock.move(timedelta(seconds=2))
            looked.clear()
            await running.sweep()
            assert len(looked) <= judge.LOOK_HEIGHTS
        assert running.counts.unmatched_blocks == 40
        # Those of long ago are looked at, but seldom.
        pool.clock.move(timedelta(hours=1))
        for _ in range(11):
            await running.sweep()
        assert running.counts.lost_blocks == 40
        looked.clear()
        for _ in range(10):
            pool.clock.move(timedelta(seconds=2))
            await running.sweep()
        assert looked == []


def test_forged_blocks_are_bounded_and_displace_no_report(
    solved: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MOST_OPEN", 5)
    assert solved.collect().reported_blocks == 1
    solved.clock.move(timedelta(seconds=2))
    for height in range(9):
        solved.write("ckpool.log", forged(*a_block(REAL, height=height)))
    assert solved.collect().unmatched_blocks == 4
    solved.status(difficulty=REAL / 100)
    later(solved)
    solved.status(difficulty=REAL / 100)
    assert solved.collect().blocks == 1


def by_victim(number: int, *, sdiff: float) -> bytes:
    return share(number, sdiff=sdiff, workername=f"{VICTIM}.rig9", username=VICTIM) + b"\n"


def hidden_block() -> bytes:
    """What is left of a victim's block when a forged line has taken its difficulty away."""
    possible, *outcome = a_block(REAL, by=f"{VICTIM}.rig9")
    lines = "".join(f"{line}\n" for line in outcome)
    taken = forged(f"{STAMP} Submitted, but had block 1 rejected") * 9
    return f"{possible}\n".encode() + taken + lines.encode()


@pytest.mark.parametrize(
    "flood",
    [
        [line for n in range(20) for line in a_block(REAL / 100 + n)],
        [line for n in range(20) for line in a_block(REAL, by=f"{ADDRESS}.none{n}")],
        [line for n in range(20) for line in a_block(REAL, height=HEIGHT + 2 + n)],
        [line for n in range(20) for line in a_block(REAL, height=HEIGHT - 1 - n)],
    ],
    ids=["of one share", "of made-up workers", "of heights to come", "of heights that are over"],
)
@pytest.mark.parametrize("first", [True, False], ids=["before the block", "after the block"])
def test_no_flood_of_forged_blocks_displaces_one_whose_difficulty_is_hidden(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, flood: list[str], first: bool
) -> None:
    monkeypatch.setattr(record, "MOST_OPEN", 5)
    pool.write(FILE, by_victim(1, sdiff=5.0) + share(2, sdiff=REAL / 100) + b"\n")
    pool.collect()
    parts = [forged(*flood), hidden_block()]
    for part in parts if first else reversed(parts):
        pool.write("ckpool.log", part)
        pool.collect()
        pool.clock.move(timedelta(seconds=2))
    pool.write(FILE, by_victim(9, sdiff=REAL))
    for _ in range(2):
        later(pool)
        pool.status(difficulty=REAL)
        pool.collect()
    blocks = [entry for entry in pool.published(BLOCK_FOUND) if entry.get("backed")]
    assert [(block["user"], block["hash"]) for block in blocks] == [(VICTIM, f"{9:064x}")]


def test_blocks_forged_in_a_miners_name_days_before_hide_none_of_theirs(pool: Pool) -> None:
    pool.write(FILE, by_victim(1, sdiff=5.0))
    lies = [line for n in range(5) for line in a_block(7.0 + n, by=f"{VICTIM}.rig9")]
    pool.write("ckpool.log", forged(*lies))
    pool.collect()
    for _ in range(3):
        pool.clock.move(timedelta(days=1))
        pool.collect()
    pool.write("ckpool.log", hidden_block())
    pool.write(FILE, by_victim(9, sdiff=REAL))
    for _ in range(2):
        later(pool)
        pool.status(difficulty=REAL)
        pool.collect()
    blocks = [entry for entry in pool.published(BLOCK_FOUND) if entry.get("backed")]
    assert {block["event_id"] for block in blocks} == {f"backed-{9:064x}"}


# --- connections ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        f"Authorised client 9 192.0.2.1 worker {VICTIM}.fake as user {VICTIM}",
        f"Authorised client 9 192.0.2.1 worker {VICTIM}_fake\r as user {VICTIM}",
        f"Authorised client 9 192.0.2.1 worker {VICTIM}.\x1b[2J\u2028 as user {VICTIM}",
        f"Dropped client 9 192.0.2.1 user {VICTIM} worker {VICTIM}.fake ",
    ],
)
def test_a_line_end_in_a_name_puts_no_worker_on_anybodys_page(pool: Pool, text: str) -> None:
    pool.write(FILE, share(1) + share(2, workername=f"{VICTIM}.rig", username=VICTIM) + b"\n")
    pool.user(VICTIM, rig=1.0)
    pool.write("ckpool.log", forged(f"{STAMP} {text}"))
    pool.collect()
    pool.clock.move(timedelta(minutes=16))
    assert pool.collect().unknown_workers == 1
    assert pool.published(MINER_CONNECTED, MINER_DISCONNECTED) == []


@pytest.mark.parametrize("name", ["rig 1", "a\x1b[31m", "é⛏", "\u2028", "x\ry", 'we "ird" \\x'])
def test_worker_names_match_between_log_and_evidence(pool: Pool, name: str) -> None:
    pool.write("ckpool.log", authorised(f"{ADDRESS}.{name}", ADDRESS))
    pool.write(FILE, share(1) + b"\n")
    assert (pool.collect().connections, pool.collect().unknown_workers) == (0, 1)
    pool.write(FILE, share(2, workername=f"{ADDRESS}.{name}") + b"\n")
    assert [pool.collect().connections for _ in range(2)] == [1, 0]
    (entry,) = pool.published(MINER_CONNECTED)
    assert entry["worker"] == name


def test_made_up_workers_are_bounded(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MOST_WAITING", 5)
    pool.write(FILE, share(1) + b"\n")
    names = [f"{VICTIM}.{number}" for number in range(9)]
    pool.write("ckpool.log", b"".join(authorised(name, VICTIM) for name in names))
    assert pool.collect().unknown_workers == 5
    # A day later they have made room.
    pool.clock.move(timedelta(days=1, minutes=1))
    pool.write("ckpool.log", authorised(f"{ADDRESS}.new", ADDRESS))
    assert pool.collect().unknown_workers == 1


def test_connections_that_redis_lost_are_published_again(pool: Pool) -> None:
    pool.write(FILE, share(1) + b"\n")
    pool.write("ckpool.log", authorised(f"{ADDRESS}.new", ADDRESS))
    pool.collect()
    pool.user(ADDRESS, new=1.0)
    assert pool.collect().connections == 1
    pool.redis.flushdb()
    assert pool.collect().connections == 1
    assert len(pool.published(MINER_CONNECTED)) == 1


def test_quarantined_lines_contain_no_control_characters(pool: Pool) -> None:
    pool.write(FILE, '{"workinfoid": \x1b[2J\x9b31m\u202e\u2028'.encode() + b"\n")
    assert pool.collect().quarantined == 1
    assert pool.quarantined()[0]["sample"].isprintable()


# --- the game ------------------------------------------------------------------------------
async def test_forged_lines_award_nothing_in_the_game_until_something_backs_them(
    solved: Pool, db: Database, redis: Redis
) -> None:
    solved.clock.at = db.clock.now()
    (solved.logs / FILE).unlink()
    at = int(solved.clock.at.timestamp())
    solved.write(FILE, share(1, at=at, sdiff=REAL / 100) + b"\n")
    line = f"Authorised client 9 192.0.2.1 worker {VICTIM}.fake as user {VICTIM}"
    stamped = "\n".join([f"{STAMP} {line}", *a_block(REAL / 100)]).replace(
        STAMP, f"[{solved.clock.at:%Y-%m-%d %H:%M:%S}.000]"
    )
    solved.write("ckpool.log", forged(stamped), mode="wb")

    async def take_in() -> None:
        await solved.collecting()
        reader = Reader(redis, consumer="forged")
        await Ingest(db, reader, Broadcast(redis), "regtest").drain()

    badges = "SELECT count(*) FROM user_badges WHERE badge_slug = 'block_finder'"
    victims = "SELECT count(*) FROM user_addresses WHERE address = :victim"
    found = "SELECT blocks_found FROM user_gamification"
    await take_in()
    assert await one(db, "SELECT count(*) FROM blocks WHERE confirmed_by IS NULL") == 1
    assert (await one(db, badges), await one(db, found)) == (0, 0)
    assert await one(db, victims, victim=VICTIM) == 0

    later(solved)
    solved.status(difficulty=REAL / 100)
    for _ in range(2):
        await take_in()
        assert (await one(db, badges), await one(db, found)) == (1, 1)
    assert await one(db, "SELECT count(*) FROM outbox WHERE type = 'BlockRecorded'") == 1
