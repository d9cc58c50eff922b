"""When shares come, and whose: live as a Poisson process, history day by day with habits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple
from zlib import crc32

from tbg.adapters.simulator.devices import SHARE_SECONDS, SimulatedMiner, SimulatedWorker, miner
from tbg.adapters.simulator.luck import NETWORK_DIFF, Luck
from tbg.adapters.simulator.plan import Plan

_DAY = 86_400
_AHEAD = 256
"""Arrivals drawn at once: one weighted choice of many costs far less than many of one."""

_GUESTS = 10
"""Newcomers that keep mining; older ones have left again."""

# By index, so that the first few miners already differ.
_HABITS = (
    "daily", "gaps", "weekends", "late", "daily", "casual", "gaps", "late", "daily", "late",
)  # fmt: skip


class Arrival(NamedTuple):
    """A share about to be sent; `least` is the least sdiff that it must have, 0 for pure chance."""

    at: float
    miner: SimulatedMiner
    worker: SimulatedWorker
    luck: Luck
    least: float = 0.0


def live(plan: Plan, miners: list[SimulatedMiner]) -> Iterator[Arrival]:
    """Arrivals from `plan.start` on, endlessly or for `plan.seconds`.

    At another rate than the natural one the difficulties change with it, as a pool would do
    it: what a device's shares add up to stays its hashrate.
    """
    pairs = [(m, w) for m in miners for w in m.workers]
    natural = sum(worker.shares_per_second for _, worker in pairs)
    wanted = natural if plan.rate is None else plan.rate * (1 - plan.duplicates - plan.poison)
    share_seconds = SHARE_SECONDS * natural / wanted
    for _, worker in pairs:
        worker.assign(share_seconds)
    luck = Luck(f"live/{plan.salt}/{plan.seed}")
    until = math.inf if plan.seconds is None else plan.start + plan.seconds
    for arrival in _poisson(plan, pairs, luck, wanted, share_seconds):
        if arrival.at > until:
            return
        yield arrival


def _poisson(
    plan: Plan,
    pairs: list[tuple[SimulatedMiner, SimulatedWorker]],
    luck: Luck,
    per_second: float,
    share_seconds: float,
) -> Iterator[Arrival]:
    at, residents = plan.start, len(pairs)
    joining = iter(plan.newcomers)
    joins = next(joining, math.inf)
    weights = list(accumulate(worker.shares_per_second for _, worker in pairs))
    while True:
        ahead = _AHEAD if math.isinf(joins) else 1
        for who, worker in luck.choices(pairs, cum_weights=weights, k=ahead):
            at += luck.expovariate(per_second)
            while at > plan.start + joins:
                guest = _newcomer(plan, joins, share_seconds)
                device = guest.workers[0]
                pairs = [*pairs[:residents], *pairs[residents:][-_GUESTS:], (guest, device)]
                weights = list(accumulate(w.shares_per_second for _, w in pairs))
                yield Arrival(plan.start + joins, guest, device, luck, device.diff)
                joins = next(joining, math.inf)
            yield Arrival(at, who, worker, luck)


def _newcomer(plan: Plan, joins: float, share_seconds: float) -> SimulatedMiner:
    # Named by the second in which they come, so that each run meets others.
    guest = miner(plan.seed, 1_000_000_000 + int(plan.start + joins), network=plan.network)
    del guest.workers[1:]
    guest.workers[0].assign(share_seconds)
    return guest


def history(plan: Plan, miners: list[SimulatedMiner]) -> Iterator[Arrival]:
    """Arrivals from `plan.start` to `plan.end`, in order, far fewer than by nature.

    Each miner's day has a source of chance of its own: the same day comes out the same
    whatever window is asked for, as long as it begins at midnight and bears no `events`.
    """
    assert plan.end is not None
    quota = _Quota(plan, miners)
    for who in miners:
        for worker in who.workers:
            worker.assign(len(who.workers) * _DAY / quota.per_day)
    for day in range(int(plan.start // _DAY), int(plan.end // _DAY) + 1):
        today: list[tuple[float, int, int, Arrival]] = []
        for who in miners:
            shares = quota.shares(who.index, day)
            if not shares:
                continue
            luck = Luck(f"history/{plan.salt}/{plan.seed}/{who.index}/{day}")
            first, last = quota.window(day)
            times = sorted(luck.uniform(first, last) for _ in range(shares))
            weights = [worker.shares_per_second for worker in who.workers]
            workers = luck.choices(who.workers, weights, k=shares)
            for number, (at, worker) in enumerate(zip(times, workers, strict=True)):
                if plan.start <= at < plan.end:
                    today.append((at, who.index, number, Arrival(at, who, worker, luck)))
        today.sort(key=lambda arrival: arrival[:3])
        arrivals = [arrival for *_, arrival in today]
        if plan.legends:
            _make_legend(plan, day, arrivals)
        yield from arrivals


class _Quota:
    """How many shares each miner sends on each day: exactly `plan.goods`, or by their habits."""

    def __init__(self, plan: Plan, miners: list[SimulatedMiner]) -> None:
        self.plan = plan
        self.per_day = plan.shares_per_day
        self.weight = 0.0
        self.given = 0
        if plan.goods is not None:
            assert plan.end is not None
            days = range(int(plan.start // _DAY), int(plan.end // _DAY) + 1)
            total = sum(self._activity(who.index, day) for day in days for who in miners)
            self.per_day = plan.goods / total

    def window(self, day: int) -> tuple[float, float]:
        """From when to when shares are drawn on this day."""
        first, last = float(day * _DAY), float((day + 1) * _DAY)
        if self.plan.goods is None:
            return first, last
        assert self.plan.end is not None
        return max(first, self.plan.start), min(last, self.plan.end)

    def shares(self, index: int, day: int) -> int:
        """Shares of this miner on this day; asked once for each, in order."""
        activity = self._activity(index, day)
        if self.plan.goods is None:
            return int(activity * self.per_day + _noise(f"round/{self.plan.seed}/{index}/{day}"))
        self.weight += activity
        total = math.floor(self.weight * self.per_day + 0.5)
        shares, self.given = total - self.given, total
        return shares

    def _activity(self, index: int, day: int) -> float:
        first, last = self.window(day)
        covered = (last - first) / _DAY
        return covered * _activity(self.plan, index, day) if covered > 0 else 0.0


def _activity(plan: Plan, index: int, day: int) -> float:
    """How much of a usual day this miner mines, 0 to 1.2."""
    assert plan.end is not None
    habit = _HABITS[index % len(_HABITS)]
    chance = _noise(f"day/{plan.seed}/{index}/{day}")
    week = (day + 3) // 7  # 1970-01-01 was a Thursday
    if habit == "weekends" and (day + 3) % 7 < 5:
        return 0.0
    if habit == "gaps" and _noise(f"week/{plan.seed}/{index}/{week}") < 0.25:
        return 0.0
    if habit == "late":
        # Somewhere in the window, in such a way that an `end` a little later changes nothing.
        days = 2 ** math.ceil(math.log2((plan.end - plan.start) / _DAY))
        absent = days * (0.1 + 0.35 * _noise(f"join/{plan.seed}/{index}"))
        if day < plan.start // _DAY + absent:
            return 0.0
    if chance < (0.4 if habit == "casual" else 0.03):
        return 0.0
    return 0.8 + 0.4 * chance


def _noise(what: str) -> float:
    """A number in [0, 1) that depends on `what` alone; cheaper than a generator of its own."""
    mixed = crc32(what.encode())
    for _ in range(2):  # alone, the checksums of similar texts differ by a constant
        mixed = (mixed ^ mixed >> 16) * 0x45D9F3B & 0xFFFFFFFF
    return (mixed ^ mixed >> 16) / 2**32


def _make_legend(plan: Plan, day: int, arrivals: list[Arrival]) -> None:
    """Once in four weeks a share of a trillion, once in twelve a block: what people hope for.

    It is the day's first share of somebody who mines every day: that does not depend on when
    the history is asked for.
    """
    least = NETWORK_DIFF if day % 84 == 30 else 1e12 if day % 28 == 23 else 0.0
    if not least:
        return
    able = [n for n in range(min(plan.miners, 20)) if _HABITS[n % len(_HABITS)] == "daily"]
    lucky = able[int(len(able) * _noise(f"legend/{plan.seed}/{day}"))]
    for number, arrival in enumerate(arrivals):
        if arrival.miner.index == lucky:
            arrivals[number] = arrival._replace(least=least)
            return
