"""The recorded pools: every line, every block, nobody's address on the network."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tbg.adapters.streams import (
    BLOCK_FOUND,
    MINER_CONNECTED,
    MINER_DISCONNECTED,
    SHARE_SUBMITTED,
    STREAMS,
    Rules,
    decode,
)
from tests.adapters.ckpool.pool import FIXTURES, Pool, share


def lines_of(fixture: str) -> list[dict[str, Any]]:
    """Every sharelog line, read without any of the collector's code."""
    files = sorted((FIXTURES / fixture / "logs").glob("*/*.sharelog"))
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def own_blocks(fixture: str) -> dict[str, tuple[str, str]]:
    """Hash → (height, workername) of the chain's blocks that one of our shares solved."""
    shares = {line["hash"]: line for line in lines_of(fixture) if line["hash"]}
    chain = (row.split("\t") for row in (FIXTURES / fixture / "chain.tsv").open())
    return {hash_: (height, shares[hash_]["workername"]) for height, hash_, *_ in chain
            if hash_ in shares}  # fmt: skip


def totals(rows: list[tuple[str, str, bool, float, float]]) -> dict[Any, Any]:
    sums: Any = defaultdict(lambda: [0, 0, 0.0, 0.0])
    for user, worker, accepted, diff, sdiff in rows:
        row = sums[user, worker]
        row[0 if accepted else 1] += 1
        if accepted:
            row[2] += diff
            row[3] = max(row[3], sdiff)
    return {key: (a, r, pytest.approx(w), best) for key, (a, r, w, best) in sums.items()}


@pytest.mark.parametrize(
    ("fixture", "count", "blocks", "connections"),
    [("a", 197, 9, 65), ("b", 3156, 2, 63)],
)
def test_books_agree(pool: Pool, fixture: str, count: int, blocks: int, connections: int) -> None:
    pool.copy(fixture)
    counts = pool.collect()
    assert (counts.lines, counts.published, counts.quarantined) == (count, count, 0)
    assert (counts.blocks, counts.connections) == (blocks, connections)

    wanted = []
    for line in lines_of(fixture):
        user, worker = re.findall(r"^([^._]+)[._]?(.*)$", line["workername"])[0]
        wanted.append((user, worker or "default", line["result"], line["diff"], line["sdiff"]))
    entries = pool.published(SHARE_SUBMITTED)
    found = [
        (e["user"], e["worker"], e["accepted"] == "true", float(e["diff"]), float(e["sdiff"]))
        for e in entries
    ]
    assert totals(found) == totals(wanted)
    assert len({e["event_id"] for e in entries}) == count
    assert all("reject_reason" in e for e in entries if e["accepted"] == "false")

    again = pool.collect()
    assert (again.published, again.already_seen, again.lines) == (0, count, count)
    assert (again.blocks, again.connections) == (0, 0)
    assert len(pool.published()) == count + blocks + connections


@pytest.mark.parametrize("fixture", ["a", "b"])
def test_blocks_are_those_of_the_chain(pool: Pool, fixture: str) -> None:
    pool.copy(fixture)
    pool.collect()
    found = {
        e["hash"]: (e["height"], re.split(r"[._]", f"{e['user']}.{e['worker']}", maxsplit=1))
        for e in pool.published(BLOCK_FOUND)
    }
    wanted = {
        hash_: (height, re.split(r"[._]", worker, maxsplit=1))
        for hash_, (height, worker) in own_blocks(fixture).items()
    }
    assert found == wanted


@pytest.mark.parametrize("fixture", ["a", "b"])
def test_no_ip_address_leaves(pool: Pool, fixture: str) -> None:
    pool.copy(fixture)
    pool.collect()
    texts = [value for entry in pool.published() for value in entry.values()]
    ips = {line[key] for line in lines_of(fixture) for key in ("address", "createinet")}
    assert len(ips) > 5
    assert not [text for text in texts for ip in ips if ip in text]
    assert not [text for text in texts if re.search(r"\d+\.\d+\.\d+\.\d+", text)]


@pytest.mark.parametrize("fixture", ["a", "b"])
def test_the_game_can_read_all_of_it(pool: Pool, fixture: str) -> None:
    pool.copy(fixture)
    pool.collect()
    rules = Rules("regtest", pool.clock.now())
    keys = [
        decode(stream, entry.decode(), fields, rules).key
        for stream in STREAMS
        for entry, fields in pool.redis.xrange(stream)
    ]
    assert len(set(keys)) == len(keys) > 250


@pytest.mark.parametrize("how", ["share", "users"])
def test_a_connection_is_published_once_another_record_knows_the_worker(
    pool: Pool, how: str
) -> None:
    """Of all that connected to the recorded pool, this one never sent a share."""
    name = 'we ird "w" é⛏ \\x'
    pool.copy("b")
    pool.collect()

    def names(stream: str) -> set[str]:
        return {e["worker"] for e in pool.published(stream)}

    assert name not in names(MINER_CONNECTED) | names(MINER_DISCONNECTED)
    (full,) = {
        match[1]
        for match in re.finditer(r"worker (.*) as user", (pool.logs / "ckpool.log").read_text())
        if match[1].endswith(name)
    }
    if how == "share":
        line = share(1, workername=full, username=re.split("[._]", full)[0])
        pool.write("00000079/6b014f5700000035.sharelog", line + b"\n")
    else:
        pool.user(re.split("[._]", full)[0], **{name: 0.5})
    pool.collect()
    assert name in names(MINER_CONNECTED) & names(MINER_DISCONNECTED)
    assert pool.collect().connections == 0
    users = {e["user"] for e in pool.published(MINER_DISCONNECTED)}
    assert "1BoatSLRHtKNngkdXEeobR76b53LETtpyT" not in users  # never authorised


def test_identities_do_not_depend_on_where_the_directory_is(
    pool: Pool, tmp_path: Path, redis_url: str
) -> None:
    pool.copy("a")
    pool.collect()
    first = pool.ids()
    other = Pool(tmp_path / "elsewhere", redis_url)
    other.copy("a")
    other.collect()
    assert other.ids() == first
