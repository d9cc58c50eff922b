"""A plan's entries in stream order: good shares, and the disorder that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tbg.adapters.simulator.arrivals import Arrival, history, live
from tbg.adapters.simulator.devices import SimulatedMiner, SimulatedWorker, population
from tbg.adapters.simulator.luck import Luck, block_of, share
from tbg.adapters.simulator.plan import Kind, Plan, PlannedEntry, part
from tbg.adapters.simulator.poison import POISONS, Scene
from tbg.adapters.streams import BLOCK_FOUND, MINER_CONNECTED, SHARE_SUBMITTED

_DAY = 86_400
_WEEK = 7 * _DAY
_MONDAY = 4 * _DAY
_BLOCK = 1_000
"""Kinds are dealt in blocks of this many, so that fractions hold at any length."""

_REMEMBERED = 8_192
"""Good shares that a duplicate may repeat: the most recent ones."""

_LATEST = 14 * _DAY
"""How late a live share comes at most."""

_EDGES = (-1.0, -0.001, -0.000001, 0.0, 0.000001, 0.001, 1.0)
"""Seconds around midnight on Monday, where a share's week is easy to get wrong."""


def generate(plan: Plan) -> Iterator[PlannedEntry]:
    """All entries of the plan, in the order in which they go into the streams."""
    yield from _Stream(plan).entries()


class _Stream:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.chaos = Luck(f"chaos/{plan.salt}/{plan.seed}")
        self.miners = population(plan.seed, plan.miners, network=plan.network)
        self.arrivals = (live if plan.end is None else history)(plan, self.miners)
        self.met: set[tuple[int, str]] = set()
        self.recent: list[dict[str, str]] = []
        self.good = 0
        self.labels = self.chaos.sample(sorted(POISONS), len(POISONS))
        self.poisoned = 0
        self.at = plan.start

    def entries(self) -> Iterator[PlannedEntry]:
        if self.plan.end is None:
            for miner in self.miners:
                for worker in miner.workers:
                    yield self._connect(miner, worker, self.plan.start)
        for kind in _kinds(self.plan):
            if kind == "duplicate":
                yield PlannedEntry("duplicate", SHARE_SUBMITTED, self._earlier(), self.at)
            elif kind == "poison":
                yield self._poisoned()
            else:
                arrival = next(self.arrivals, None)
                if arrival is None:
                    return
                yield from self._share(kind, arrival)

    def _share(self, kind: Kind, arrival: Arrival) -> Iterator[PlannedEntry]:
        at, miner, worker, luck, least = arrival
        if (miner.index, worker.name) not in self.met:
            yield self._connect(miner, worker, at)
        self.at = at
        ts = self._late(at) if kind == "late" else at
        fields = share(self.plan, luck, miner, worker, ts=ts, least=least)
        if self.plan.duplicates:
            self._remember(fields)
        yield PlannedEntry(kind, SHARE_SUBMITTED, fields, at)
        block = block_of(fields)
        if block:
            yield PlannedEntry("block", BLOCK_FOUND, block, at)

    def _connect(self, miner: SimulatedMiner, worker: SimulatedWorker, at: float) -> PlannedEntry:
        self.met.add((miner.index, worker.name))
        fields = {
            "user": miner.address,
            "worker": worker.name,
            "agent": worker.device.agent,
            "source": self.plan.source,
            "event_id": f"connect-{self.plan.salt}-{at - self.plan.start:.6f}"
            f"-{miner.index}-{worker.name}",
            "ts": f"{at:.6f}",
        }
        if self.plan.is_history(at):
            fields["history"] = "true"
        return PlannedEntry("connect", MINER_CONNECTED, fields, at)

    def _remember(self, fields: dict[str, str]) -> None:
        if len(self.recent) < _REMEMBERED:
            self.recent.append(fields)
        else:
            self.recent[self.good % _REMEMBERED] = fields
        self.good += 1

    def _earlier(self) -> dict[str, str]:
        """A good share again: often one of the last few, sometimes one from long ago."""
        size = len(self.recent)
        back = int(size ** self.chaos.random())
        return self.recent[(self.good - back) % size]

    def _late(self, at: float) -> float:
        """When a share was found that only comes now: hours or days ago, or at a week's edge."""
        chance = self.chaos.random()
        if chance < 0.2:
            monday = at - (at - _MONDAY) % _WEEK
            ts = monday + self.chaos.choice(_EDGES)
        elif chance < 0.6:
            ts = at - self.chaos.expovariate(1 / 7_200)
        else:
            ts = at - self.chaos.uniform(0.5, 7) * _DAY
        least = self.plan.start if self.plan.end is not None else at - _LATEST
        return ts if least <= ts < at else self.chaos.uniform(least, at)

    def _poisoned(self) -> PlannedEntry:
        miner = self.chaos.choice(self.miners)
        worker = miner.workers[0]
        label = self.labels[self.poisoned % len(self.labels)]
        self.poisoned += 1
        fields = share(self.plan, self.chaos, miner, worker, ts=self.at, least=worker.diff)
        now = self.at if self.plan.end is None else self.plan.end
        POISONS[label](fields, Scene(self.chaos, now, self.plan.network))
        return PlannedEntry("poison", SHARE_SUBMITTED, fields, self.at, label)


def _kinds(plan: Plan) -> Iterator[Kind]:
    """The kind of each share entry: fractions kept exactly, places left to chance."""
    chaos = Random(f"kinds/{plan.salt}/{plan.seed}")
    dealt = 0
    given = {"duplicate": 0, "poison": 0, "late": 0}
    wanted = {"duplicate": plan.duplicates, "poison": plan.poison, "late": plan.late}
    while plan.events is None or dealt < plan.events:
        size = _BLOCK
        if plan.events is not None and plan.events - dealt < 2 * _BLOCK:
            size = plan.events - dealt  # a short last block could not hold what is due in it
        dealt += size
        deck: list[Kind] = []
        for kind in ("duplicate", "poison", "late"):
            number = min(part(wanted[kind], dealt) - given[kind], size - len(deck))
            given[kind] += number
            deck += [kind] * number
        deck += ["good"] * (size - len(deck))
        chaos.shuffle(deck)
        if dealt == size:  # the very first one: there must be something to repeat
            first = next(i for i, kind in enumerate(deck) if kind in ("good", "late"))
            deck[0], deck[first] = deck[first], deck[0]
        yield from deck
