"""Shares come as mining makes them: difficulty, hash, rejects, rate, hashrate."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import islice, pairwise

import pytest

from tbg.adapters.simulator import Plan, PlannedEntry, generate
from tbg.adapters.simulator.devices import DEVICES, HASHES_PER_DIFF, population

NOW = 1_795_250_000.0
DIFF_ONE = 0xFFFF << 208


@pytest.fixture(scope="module")
def shares() -> list[PlannedEntry]:
    plan = Plan(miners=40, start=NOW, seed="shares", events=30_000)
    return [entry for entry in generate(plan) if entry.kind == "good"]


def accepted(entries: list[PlannedEntry]) -> list[dict[str, str]]:
    return [entry.fields for entry in entries if entry.fields["accepted"] == "true"]


def test_luck_is_uniform(shares: list[PlannedEntry]) -> None:
    """diff / sdiff is evenly distributed over (0, 1]: Kolmogorov–Smirnov at 0.1 %."""
    found = sorted(float(f["diff"]) / float(f["sdiff"]) for f in accepted(shares))
    count = len(found)
    assert found[0] > 0
    assert found[-1] <= 1
    gap = max(max((n + 1) / count - u, u - n / count) for n, u in enumerate(found))
    assert gap < 1.95 / math.sqrt(count)


@pytest.mark.parametrize("times", [10, 100])
def test_difficulties_are_distributed_exponentially(shares: list[PlannedEntry], times: int) -> None:
    good = accepted(shares)
    hard = sum(float(f["sdiff"]) > times * float(f["diff"]) for f in good)
    expected = len(good) / times
    assert abs(hard - expected) < 4 * math.sqrt(expected)


def test_a_hash_has_the_stated_difficulty(shares: list[PlannedEntry]) -> None:
    for fields in accepted(shares)[:5_000]:
        assert len(fields["hash"]) == 64
        assert fields["event_id"] == fields["hash"]
        said = DIFF_ONE / int(fields["hash"], 16)
        assert said == pytest.approx(float(fields["sdiff"]), rel=1e-12)
    assert len({f["hash"] for f in accepted(shares)}) == len(accepted(shares))


def test_rejects_are_few_and_as_ckpool_words_them(shares: list[PlannedEntry]) -> None:
    rejects = [e.fields for e in shares if e.fields["accepted"] == "false"]
    assert 0.003 < len(rejects) / len(shares) < 0.007
    by_errn = defaultdict(list)
    for fields in rejects:
        by_errn[fields["errn"]].append(fields)
    assert set(by_errn) == {"1", "2", "4", "5"}
    assert all(f["sdiff"] == "-1" and "hash" not in f for f in by_errn["1"])
    assert all(float(f["sdiff"]) >= float(f["diff"]) for f in by_errn["2"])
    assert all(float(f["sdiff"]) < float(f["diff"]) for f in by_errn["5"])
    hashes = {f["hash"] for f in accepted(shares)}
    assert all(f["hash"] in hashes for f in by_errn["4"])
    assert len({f["event_id"] for f in rejects}) == len(rejects)


@pytest.mark.parametrize("rate", [None, 1.0, 400.0])
def test_work_adds_up_to_the_devices_hashrate(rate: float | None) -> None:
    plan = Plan(miners=30, start=NOW, seed="work", rate=rate, events=20_000)
    entries = [entry for entry in generate(plan) if entry.kind == "good"]
    seconds = entries[-1].at - NOW
    if rate is not None:
        assert len(entries) / seconds == pytest.approx(rate, rel=0.03)
    work = sum(float(entry.fields["diff"]) for entry in entries)
    mining = sum(
        worker.hashrate
        for miner in population("work", 30, network="mainnet")
        for worker in miner.workers
    )
    # Difficulties are powers of two, so the total is off by a part of one.
    assert work * HASHES_PER_DIFF / seconds == pytest.approx(mining, rel=0.45 if rate else 0.1)


def test_gaps_between_shares_are_exponential() -> None:
    plan = Plan(miners=10, start=NOW, seed="gaps", rate=2.0, events=20_000)
    times = [entry.at for entry in generate(plan) if entry.kind == "good"]
    gaps = sorted(b - a for a, b in pairwise(times))
    count = len(gaps)
    worst = max(abs(1 - math.exp(-2.0 * gap) - n / count) for n, gap in enumerate(gaps))
    assert gaps[0] >= 0
    assert worst < 1.95 / math.sqrt(count) + 1 / count


def test_live_begins_with_every_worker_connecting() -> None:
    plan = Plan(miners=12, start=NOW, events=200)
    entries = list(generate(plan))
    miners = population(plan.seed, 12, network="mainnet")
    workers = {(m.address, w.name) for m in miners for w in m.workers}
    first = list(islice(entries, len(workers)))
    assert {(e.fields["user"], e.fields["worker"]) for e in first} == workers
    assert all(e.stream == "mining:miner_connected" and e.fields["agent"] for e in first)
    assert not any(e.kind == "connect" for e in entries[len(workers) :])


def test_heights_advance_a_block_in_ten_minutes() -> None:
    plan = Plan(miners=2, start=NOW, seed="heights", rate=0.5, events=8_000)
    entries = [entry for entry in generate(plan) if entry.kind == "good"]
    heights = [int(entry.fields["height"]) for entry in entries]
    jobs = [int(entry.fields["workinfoid"]) for entry in entries]
    blocks = (entries[-1].at - entries[0].at) / 600
    assert heights == sorted(heights)
    assert jobs == sorted(jobs)
    assert jobs[-1] < 2**63
    assert abs(heights[-1] - heights[0] - blocks) <= 2
    assert max(Counter(b - a for a, b in pairwise(heights))) <= 2


def test_simulated_miners_have_realistic_devices() -> None:
    miners = population("people", 3_000, network="mainnet")
    counts = Counter(len(miner.workers) for miner in miners)
    models = Counter(w.device.model for miner in miners for w in miner.workers)
    assert set(counts) == {1, 2, 3, 4}
    assert counts[1] > counts[2] > counts[3] > counts[4]
    assert set(models) == {device.model for device in DEVICES}
    assert models["S19"] < models["NerdQAxe+"] < models["Gamma"]
    for miner in miners:
        names = [worker.name.casefold() for worker in miner.workers]
        assert len(set(names)) == len(names)
    assert len({miner.address for miner in miners}) == 3_000
